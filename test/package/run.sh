#!/usr/bin/env bash
# Builds and runs a consumer: of the installed project, or one that embeds its sources.
# usage: run.sh installed|embedded SOURCE_DIR BUILD_DIR SCRATCH_DIR [CMAKE ARGUMENTS]
set -euo pipefail
kind=$1 source=$2 build=$3 scratch=$4
shift 4
folder=$scratch/build
rm -rf "$scratch"
mkdir -p "$scratch"
case $kind in
  installed)
    # Moved after installing: nothing in it may know where it was.
    cmake --install "$build" --prefix "$scratch/moved" >"$scratch/install.log"
    mv "$scratch/moved" "$scratch/prefix"
    "$scratch/prefix/bin/mwaa-serverless" --version
    "$scratch/prefix/bin/mwaa-serverless-emulator" --help >/dev/null
    set -- "$@" -DCMAKE_PREFIX_PATH="$scratch/prefix"
    ;;
  # Without what embedding projects need not have.
  embedded)
    folder=$scratch
    set -- "$@" -DEMBED="$source" -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON -DCMAKE_DISABLE_FIND_PACKAGE_doctest=ON
    ;;
  *) exit 2 ;;
esac
cmake -S "$source/test/package" -B "$folder" "$@"
cmake --build "$folder" -j 2 --target consumer
"$folder/consumer"
