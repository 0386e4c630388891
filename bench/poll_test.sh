#!/usr/bin/env bash
# The poll benchmark, with no keys in the environment: the library, and the raw clients that exchange the same bytes,
# against the emulator program, and over TLS against the benchmark's own server.
# usage: poll_test.sh EMULATOR BENCH
set -euo pipefail
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
scratch=$(mktemp -d)
"$1" --port 0 >"$scratch/emulator" 2>&1 &
emulator=$!
trap 'kill "$emulator" 2>/dev/null || true; wait "$emulator" 2>/dev/null || true; rm -rf "$scratch"' EXIT
for _ in $(seq 300); do
  url=$(sed -n 's/^listening on //p' "$scratch/emulator")
  [ -n "$url" ] && break
  sleep 0.1
done
"$2" poll --endpoint-url "$url" --concurrency 4 --requests 40 --format json | tee "$scratch/figures"
grep -q '"requests":40,"errors":0,"items":4000,' "$scratch/figures"
"$2" poll --endpoint-url "$url" --rivals --rounds 3 --concurrency 4 --requests 40 --format json | tee "$scratch/figures"
"$2" poll --tls --items 7 --rivals --rounds 1 --concurrency 4 --requests 40 --format json | tee -a "$scratch/figures"
grep -q '"requests":40,"errors":0,"items":280,' "$scratch/figures"
for client in library beast epoll; do
  [ "$(grep -c "\"client\":\"$client\",.*\"errors\":0,.*\"retries\":0,.*\"cpu_ratio_to_" "$scratch/figures")" = 2 ] ||
    { echo "no figures of $client, or errors"; exit 1; }
done
