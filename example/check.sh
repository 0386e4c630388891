#!/usr/bin/env bash
# Runs one example against the emulator program and checks what it printed.
# usage: check.sh EMULATOR EXAMPLE NAME
set -euo pipefail
emulator_program=$1 example=$2 name=$3
source "$(dirname "$0")/emulator.sh"
fail() {
  echo "$name: $1" >&2
  head -n 40 "$scratch"/out "$scratch"/err >&2
  exit 1
}

emulator_options=()
case $name in
  metrics) emulator_options=(--throttle-first 2) ;;
  start_run)
    cat >"$scratch/scenario.json" <<'SCENARIO'
{"workflows": [{
  "arn": "arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef",
  "runs": [],
  "started_runs": {"tasks": [
    {"id": "extract", "timeline": [{"after": 0.3, "status": "RUNNING"}, {"after": 1, "status": "SUCCESS"}]},
    {"id": "load", "error": "disk full",
     "timeline": [{"after": 1, "status": "RUNNING"}, {"after": 2, "status": "FAILED"}]}]}
}]}
SCENARIO
    emulator_options=(--scenario "$scratch/scenario.json")
    ;;
esac
start_emulator "$emulator_program" "${emulator_options[@]}"
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
  future)
    [ "$(cat "$scratch/out")" = "first page: 20 task instances
first page: 12 task instances" ] || fail "not two pages"
    ;;
  start_run)
    [ "$(count '^now: ' out)" -ge 2 ] || fail "not a run that is seen to move"
    [ "$(grep -vE '^now: (STARTING|QUEUED|RUNNING)$' "$scratch/out")" = "started: STARTING
now: FAILED
load failed: disk full" ] || fail "not a run that fails"
    ;;
  watch)
    for line in 'run-failed: FAILED' 'run-finished: SUCCESS' 'run-finished: FAILED'; do
      count "^$line\$" out
    done | tr -d '\n' | grep -qE '^1(10|01)$' || fail "not the end of two runs"
    [ "$(count '^run-failed: task .* failed$' out)" -ge 1 ] || fail "not the task that failed"
    [ "$(tail -n 1 "$scratch/out" | grep -cE '^266 events for [0-9]+ requests$')" = 1 ] || fail "not 250 + 12 tasks, 2 runs"
    ;;
  demo)
    [ "$(count '^... and 238 more$' out)" = 1 ] || fail "not 12 rows of 250"
    [ "$(count '^10 pages, 250 items, retries: 0, throttled: 0, connections: 1, ' out)" = 1 ] || fail "not the summary"
    ;;
  metrics)
    has() { grep -qxF "mwaa_serverless_$1" "$scratch/out" || fail "not the line $1"; }
    [ "$(head -n 1 "$scratch/out")" = "# 250 tasks" ] || fail "not 250 tasks"
    # Two throttled attempts, ten pages, and one call for a run that does not exist.
    of='operation="ListTaskInstances"'
    has "attempts_total{code=\"ok\",http_status=\"200\",$of} 10"
    has "attempts_total{code=\"ThrottlingException\",http_status=\"429\",$of} 2"
    has "attempts_total{code=\"ValidationException\",http_status=\"400\",$of} 1"
    has "operations_total{$of,outcome=\"ok\"} 10"
    has "operations_total{$of,outcome=\"ValidationException\"} 1"
    has "attempt_seconds_count{$of} 13"
    has "gate_wait_seconds_count{$of} 13"
    has "operation_seconds_count{$of} 11"
    has "retry_quota 500"
    ;;
  *) fail "no check is known for it" ;;
esac
