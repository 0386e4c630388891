#!/usr/bin/env bash
# Runs one example against the emulator program and checks what it printed.
# usage: check.sh EMULATOR EXAMPLE NAME
set -euo pipefail
emulator_program=$1 example=$2 name=$3
scratch=$(mktemp -d)
emulator=
clean_up() {
  if [ -n "$emulator" ]; then
    kill "$emulator" 2>/dev/null || true
    wait "$emulator" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap clean_up EXIT
fail() {
  echo "$name: $1" >&2
  head -n 40 "$scratch"/out "$scratch"/err >&2
  exit 1
}

: >"$scratch/emulator"
"$emulator_program" --port 0 >"$scratch/emulator" 2>&1 &
emulator=$!
url=
for _ in $(seq 300); do
  url=$(sed -n 's/^listening on //p' "$scratch/emulator")
  [ -n "$url" ] && break
  sleep 0.1
done
[ -n "$url" ] || { cat "$scratch/emulator" >&2; echo "the emulator did not start" >&2; exit 1; }

export AWS_ENDPOINT_URL_MWAA_SERVERLESS=$url AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=AKIDEMULATOR AWS_SECRET_ACCESS_KEY=emulator-secret-key
unset AWS_SESSION_TOKEN AWS_IGNORE_CONFIGURED_ENDPOINT_URLS AWS_USE_FIPS_ENDPOINT AWS_CA_BUNDLE AWS_MAX_ATTEMPTS
"$example" >"$scratch/out" 2>"$scratch/err" || fail "exit code $?"

count() { grep -cE "$1" "$scratch/$2" || true; }
case $name in
  report)
    [ "$(head -n 1 "$scratch/out")" = "first page: 20 task instances" ] || fail "not the first page"
    [ "$(tail -n +2 "$scratch/out" | cut -f 1 | sort -u | wc -l)" = 250 ] || fail "not 250 different tasks"
    [ "$(count '^[A-Za-z0-9._-]+	[A-Z_]+$' out)" = 250 ] || fail "not 250 lines of task and status"
    [ "$(count ' \[[0-9a-f-]{36}\]$' err)" = 1 ] || fail "not one error with its request id"
    ;;
  resume)
    [ "$(count '^100 items, resume at ' out)" = 2 ] || fail "not two cuts"
    [ "$(tail -n 2 "$scratch/out")" = "50 items, complete
250 items in all" ] || fail "not complete"
    ;;
  demo)
    [ "$(count '^... and 238 more$' out)" = 1 ] || fail "not 12 rows of 250"
    [ "$(count '^10 pages, 250 items, retries: 0, throttled: 0, connections: 1, ' out)" = 1 ] || fail "not the summary"
    ;;
  *) fail "no check is known for it" ;;
esac
