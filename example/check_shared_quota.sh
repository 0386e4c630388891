#!/usr/bin/env bash
# Runs example/shared_quota in two processes at once that share a quota in a Redis, and then with its quota taken, with
# a Redis that hangs and with none.
# usage: check_shared_quota.sh EMULATOR EXAMPLE REDIS_SERVER REDIS_CLI
set -euo pipefail
emulator_program=$1 example=$2 redis_server=$3 redis_cli=$4
source "$(dirname "$0")/emulator.sh"
fail() {
  echo "shared_quota: $1" >&2
  head -n 20 "$scratch"/*.out "$scratch"/*.err "$scratch"/redis.log >&2
  exit 1
}
socket=$scratch/redis.socket
redis() { "$redis_cli" -s "$socket" "$@"; }

# A port that is in use by another ends the server, and the next one is tried.
redis_process=
for _ in $(seq 20); do
  port=$((10000 + RANDOM % 20000))
  "$redis_server" --bind 127.0.0.1 --port "$port" --unixsocket "$socket" --dir "$scratch" --save '' --appendonly no \
    --daemonize no >"$scratch/redis.log" 2>&1 &
  redis_process=$!
  started+=("$redis_process")
  until [ "$(redis ping 2>/dev/null)" = PONG ]; do
    kill -0 "$redis_process" 2>/dev/null || continue 2
    sleep 0.1
  done
  break
done
[ "$(redis ping 2>/dev/null)" = PONG ] || { cat "$scratch/redis.log" >&2; echo "redis-server did not start" >&2; exit 1; }

# Redis lets 100 attempts a second pass, and 5 at once. When a process or the machine stops for a moment, each of the 20
# callers has at most one attempt that was let pass before: so 40 at once and 200 a second are never too few.
start_emulator "$emulator_program" --rate-limit 200 --burst 40
asked() { redis info commandstats | sed -n 's/^cmdstat_eval:calls=\([0-9]*\),.*/\1/p'; }
is() { [ "$(cat "$scratch/$1.out")" = "$2" ] || fail "$1: not '$2'"; }

# Two processes, one through TCP and one through the Unix socket; no patience is too short for a busy machine.
"$example" "127.0.0.1:$port" 100 600000 >"$scratch/tcp.out" 2>"$scratch/tcp.err" &
over_tcp=$!
started+=("$over_tcp")
"$example" "$socket" 100 600000 >"$scratch/unix.out" 2>"$scratch/unix.err" || fail "exit code $?"
wait "$over_tcp" || fail "exit code $?"
for each in tcp unix; do
  is $each "100 calls: 100 succeeded, 100 attempts, 0 throttled, 100 turns of the shared quota"
  [ ! -s "$scratch/$each.err" ] || fail "$each: it complained"
done
[ "$(redis dbsize)" = 1 ] || fail "not one quota for both"
[ "$(asked)" = 200 ] || fail "Redis was not asked once for each attempt"

# The quota is taken for an hour: a call with a limit ends without waiting for it, a call without waits until stopped.
take_quota() { redis set quota:ListTaskInstances "$(($(date +%s) + 3600))000000" >/dev/null; }
take_quota
! "$example" "$socket" 20 600000 600000 >"$scratch/taken.out" 2>"$scratch/taken.err" || fail "taken: it succeeded"
is taken "20 calls: 0 succeeded, 0 attempts, 0 throttled, 0 turns of the shared quota"
[ "$(grep -cxF "the fleet's quota has no turn for this call in time (waiting at the attempt gate)" "$scratch/taken.err")" = 20 ] ||
  fail "taken: not 20 calls that ran out of time in the gate"
before=$(asked)
"$example" "$socket" 20 600000 >"$scratch/stopped.out" 2>"$scratch/stopped.err" &
stopped=$!
started+=("$stopped")
until [ "$(asked)" = $((before + 10)) ]; do
  kill -0 "$stopped" 2>/dev/null || fail "stopped: it ended"
  sleep 0.1
done
kill -INT "$stopped"
! wait "$stopped" || fail "stopped: it succeeded"
is stopped "20 calls: 0 succeeded, 0 attempts, 0 throttled, 0 turns of the shared quota"

# Without an answer, and without a server, the calls go on without the shared quota, and say so once.
goes_on_without() { # NAME
  "$example" "$socket" 20 200 >"$scratch/$1.out" 2>"$scratch/$1.err" || fail "$1: exit code $?"
  grep -qE '^20 calls: 20 succeeded, .* 0 turns of the shared quota$' "$scratch/$1.out" || fail "$1: not 20 successes"
  [ "$(grep -c '^going on without the shared quota: ' "$scratch/$1.err")" = 1 ] || fail "$1: not one note"
}
kill -STOP "$redis_process"
goes_on_without hanging
{ kill -KILL "$redis_process" && wait "$redis_process"; } 2>/dev/null || true
goes_on_without gone
