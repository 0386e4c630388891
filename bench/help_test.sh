#!/usr/bin/env bash
# help_test.sh BENCH: help and messages are plain text, and name the formats.
set -euo pipefail
bench=$1
said=$(for command in "" poll idle items decode sign throttle cold watch soak; do "$bench" $command --help; done)
said+=$("$bench" items --format xml 2>&1) && { echo "--format xml was accepted"; exit 1; }
if LC_ALL=C grep -n '[^ -~]' <<<"$said"; then
  echo "no plain text"
  exit 1
fi
# Of eight commands, and once in the message.
[ "$(grep -c 'text,json' <<<"$said")" -ge 9 ] || { echo "the formats are not named: $said"; exit 1; }
