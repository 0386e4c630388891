#!/usr/bin/env bash
# The poll benchmark against the emulator program, with no keys in the environment.
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
