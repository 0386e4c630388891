#!/usr/bin/env bash
# Follows the README's section "Use it" to the letter, from a copy of the sources: its install command, its
# CMakeLists.txt around its first example, and its pkg-config line.
# usage: readme.sh SOURCE_DIR SCRATCH_DIR
set -euo pipefail
source=$1 scratch=$2
rm -rf "$scratch"
mkdir -p "$scratch/home" "$scratch/sources" "$scratch/service"
export HOME=$scratch/home
# The one liberty: several sources are compiled at a time and optimised less, in half the time. And what a user's machine
# may lack is not found.
echo 'set(CMAKE_UNITY_BUILD ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 40)
set(CMAKE_CXX_FLAGS_RELEASE "-O1 -DNDEBUG" CACHE STRING "")
set(CMAKE_DISABLE_FIND_PACKAGE_doctest ON)' >"$scratch/together.cmake"
export CMAKE_TOOLCHAIN_FILE=$scratch/together.cmake
export CCACHE_DISABLE=1
unset CMAKE_GENERATOR CMAKE_BUILD_PARALLEL_LEVEL CXX CXXFLAGS

section() { sed -n '/^## Use it$/,/^## /p' "$source/README.md"; }
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/!p}"; }
must() { [ -n "$2" ] || { echo "README.md, Use it: no $1" >&2; exit 1; }; }

# Without what was built or left there.
tar -C "$source" --exclude=./build --exclude=./.git -cf - . | tar -C "$scratch/sources" -xf -
commands=$(section | sed -n 's/^    \(cmake .*\)/\1/p')
must "command" "$commands"
echo "$commands"
(cd "$scratch/sources" && bash -euo pipefail -c "$commands")

section | block cmake >"$scratch/service/CMakeLists.txt"
block cpp <"$source/README.md" | sed '/^int main/,/^}/{/^}/q}' >"$scratch/service/main.cpp"
must "CMakeLists.txt" "$(cat "$scratch/service/CMakeLists.txt")"
cd "$scratch/service"
cmake -S . -B build -DCMAKE_PREFIX_PATH="$HOME/.local"
cmake --build build
run() { # a program made of the example: nothing listens there, so it ends in the library's typed error
  local said
  said=$(AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=example \
    AWS_MAX_ATTEMPTS=1 AWS_ENDPOINT_URL=http://127.0.0.1:9 "$1" 2>&1 || true)
  grep -q "cannot connect to 127.0.0.1:9" <<<"$said" || { echo "$1 said: $said" >&2; exit 1; }
}
run build/my_service

line=$(section | sed -n 's/^    \(g++ .*\)/\1/p')
must "pkg-config line" "$line"
echo "$line"
PKG_CONFIG_PATH=$(dirname "$(find "$HOME/.local" -name mwaa_serverless.pc)") bash -euo pipefail -c "$line"
run ./my_service

"$scratch/sources/scripts/hardening" "$HOME/.local/bin/"* "$scratch/sources/build/release/src/cli/mwaa-serverless"
find "$HOME/.local" -name 'mwaa-serverless*.1' | grep -q . || { echo "no man pages are installed" >&2; exit 1; }
