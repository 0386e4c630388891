#!/usr/bin/env bash
# Compares manual pages with the help of their programs: each option of one is in the other.
# usage: manual.sh FOLDER_OF_PAGES PROGRAM EMULATOR
set -euo pipefail
folder=$1 program=$2 emulator=$3

options() { grep -oE -- '(^|[^a-z-])--[a-z][a-z-]*' | grep -oE -- '--[a-z-]+' | sort -u; }
compare() { # NAME HELP
  local page=$folder/$1.1 wrong
  wrong=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
  [ -z "$wrong" ] || { echo "$page: $wrong" >&2; exit 1; }
  diff <(options <<<"$2") <(sed 's/\\-/-/g' "$page" | options) ||
    { echo "$1: the help (<) and the manual page (>) differ" >&2; exit 1; }
}
compare mwaa-serverless "$("$program" --help; "$program" list-task-instances --help;
  "$program" wait run-finished --help; "$program" watch --help; "$program" configure list --help)"
compare mwaa-serverless-emulator "$("$emulator" --help)"
