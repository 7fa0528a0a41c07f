#!/usr/bin/env bash
# tools/setup from a user's eyes: silent when nothing is missing; says what it installs; one plain sentence when it
# cannot. apt-get, id and sudo are fakes on PATH, so nothing of this machine is touched.
set -u
setup=$(cd "$(dirname "$0")/../tools" && pwd)/setup
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
check() {  # check WHAT, then a command that must succeed
  local what=$1
  shift
  "$@" || { echo "FAILED: $what; exit code $code, stdout: $out, stderr: $err"; failures=$((failures + 1)); }
}
fake() {  # fake FOLDER NAME BODY
  mkdir -p "$scratch/$1"
  printf '#!/bin/sh\n%s\n' "$3" >"$scratch/$1/$2"
  chmod +x "$scratch/$1/$2"
}
run() {  # run PATH SCRIPT...: sets out, err, code
  local path=$1
  shift
  : >"$scratch/apt.log"
  out=$(PATH=$path /bin/bash "$@" 2>"$scratch/err")
  code=$?
  err=$(cat "$scratch/err")
}
one_sentence() { [ "$(grep -c . <<<"$err")" -eq 1 ] && [[ $err == tools/setup:* ]]; }

fake root apt-get "echo \"\$@\" >>'$scratch/apt.log'"
fake root id 'echo 0'
fake broken apt-get 'echo "E: Unable to locate package" >&2; exit 100'
fake broken id 'echo 0'
fake user id 'echo 1000'
# What the script calls, but no sudo.
for program in bash sort env mktemp tail rm; do ln -s "$(command -v $program)" "$scratch/user/$program"; done

# Everything here: only what this machine has is needed.
sed '/^need [a-z]/s/.*/need bash bash/' "$setup" >"$scratch/all_here"
run "$scratch/root:$PATH" "$scratch/all_here"
check "nothing is missing, so it says nothing and installs nothing" [ "$code$out$err$(cat "$scratch/apt.log")" = 0 ]

# A program, a header and a file that are nowhere; two needs of one package install it once.
cp "$scratch/all_here" "$scratch/lacks"
sed -i '0,/^need bash bash/s||need bash bash\nneed no-such-program no_such_program\nneed no-such-header no/such/header.hpp\nneed no-such-data /no/such/data.gz\nneed no-such-data /no/such/other.gz|' "$scratch/lacks"
run "$scratch/root:$PATH" "$scratch/lacks"
check "it says what it installs" [ "$out" = "installing from Debian: no-such-data no-such-header no-such-program" ]
check "it ends well" [ "$code$err" = 0 ]
check "it updates, then installs each package once" [ "$(cat "$scratch/apt.log")" = "update
install -y --no-install-recommends no-such-data no-such-header no-such-program" ]

run "$scratch/broken:$PATH" "$scratch/lacks"
check "a failing apt-get is exit code 3" [ "$code" -eq 3 ]
check "its last words are shown" grep -q 'Unable to locate package' <<<"$err"
check "and which packages were wanted" grep -q 'could not install no-such-data no-such-header no-such-program' <<<"$err"

run "$scratch/user" "$scratch/lacks"
check "without root and sudo it is exit code 3" [ "$code" -eq 3 ]
check "with one sentence that names the packages" one_sentence
check "every missing package is named" grep -q 'no-such-data no-such-header no-such-program; run it as root' <<<"$err"

# The script itself must still be the one that these copies were made of.
check "the copy for this test has the same needs, replaced" [ "$(grep -c '^need bash bash' "$scratch/all_here")" -ge 10 ]
exit $((failures > 0))
