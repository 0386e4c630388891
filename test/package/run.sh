#!/usr/bin/env bash
# Installs the built project to a scratch prefix and builds and runs a consumer of it; or one that embeds the sources.
# usage: run.sh installed|embedded SOURCE_DIR BUILD_DIR SCRATCH_DIR [CMAKE ARGUMENTS]
set -euo pipefail
kind=$1 source=$2 build=$3 scratch=$4
shift 4
rm -rf "$scratch"
mkdir -p "$scratch"
case $kind in
  installed)
    cmake --install "$build" --prefix "$scratch/prefix" >"$scratch/install.log"
    [ -x "$scratch/prefix/bin/mwaa-serverless" ] || { echo "no program was installed" >&2; exit 1; }
    set -- "$@" -DCMAKE_PREFIX_PATH="$scratch/prefix"
    ;;
  embedded) set -- "$@" -DEMBED="$source" ;;
  *) exit 2 ;;
esac
cmake -G Ninja -S "$source/test/package" -B "$scratch/build" "$@"
cmake --build "$scratch/build"
"$scratch/build/consumer"
