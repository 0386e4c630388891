# For the check scripts: starts the emulator program, points the environment at it, and stops all that was started.

scratch=$(mktemp -d)
started=()
clean_up() {
  for each in "${started[@]}"; do
    kill -KILL "$each" 2>/dev/null || true
    wait "$each" 2>/dev/null || true
  done
  rm -rf "$scratch"
}
trap clean_up EXIT

start_emulator() { # PROGRAM [ARG...]
  : >"$scratch/emulator"
  "$@" --port 0 >"$scratch/emulator" 2>&1 &
  started+=($!)
  local url=
  for _ in $(seq 300); do
    url=$(sed -n 's/^listening on //p' "$scratch/emulator")
    [ -n "$url" ] && break
    sleep 0.1
  done
  [ -n "$url" ] || { cat "$scratch/emulator" >&2; echo "the emulator did not start" >&2; exit 1; }
  export AWS_ENDPOINT_URL_MWAA_SERVERLESS=$url AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=AKIDEMULATOR AWS_SECRET_ACCESS_KEY=emulator-secret-key
  unset AWS_SESSION_TOKEN AWS_IGNORE_CONFIGURED_ENDPOINT_URLS AWS_USE_FIPS_ENDPOINT AWS_CA_BUNDLE AWS_MAX_ATTEMPTS
  unset AWS_RETRY_MODE AWS_PROFILE AWS_DEFAULT_PROFILE
  export no_proxy=127.0.0.1  # should this machine have a proxy
}
