#!/usr/bin/env bash
# The poll benchmark against the emulator program, with no keys in the environment: the library, and the raw clients that
# exchange the same bytes, over TLS too.
# usage: poll_test.sh EMULATOR BENCH
set -euo pipefail
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
scratch=$(mktemp -d)
emulator=
stop_emulator() {
  [ -z "$emulator" ] || { kill "$emulator" && wait "$emulator"; } 2>/dev/null || true
  emulator=
}
trap 'stop_emulator; rm -rf "$scratch"' EXIT
start_emulator() { # EMULATOR [ARGUMENTS]
  : >"$scratch/emulator"
  "$1" --port 0 "${@:2}" >"$scratch/emulator" 2>&1 &
  emulator=$!
  for _ in $(seq 300); do
    url=$(sed -n 's/^listening on //p' "$scratch/emulator")
    [ -n "$url" ] && return
    sleep 0.1
  done
  exit 1
}
start_emulator "$1"
"$2" poll --endpoint-url "$url" --concurrency 4 --requests 40 --format json | tee "$scratch/figures"
grep -q '"requests":40,"errors":0,"items":4000,' "$scratch/figures"
"$2" poll --endpoint-url "$url" --rivals --rounds 3 --concurrency 4 --requests 40 --format json | tee "$scratch/figures"
stop_emulator
start_emulator "$1" --tls --cert-out "$scratch/ca.pem"
"$2" poll --endpoint-url "$url" --ca-bundle "$scratch/ca.pem" --rivals --rounds 1 --concurrency 4 --requests 40 \
  --format json | tee -a "$scratch/figures"
for client in library beast epoll; do
  [ "$(grep -c "\"client\":\"$client\",.*\"errors\":0,.*\"retries\":0,.*\"cpu_ratio_to_" "$scratch/figures")" = 2 ] ||
    { echo "no figures of $client, or errors"; exit 1; }
done
