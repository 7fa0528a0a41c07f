#!/bin/sh
# check.sh must turn red where a mistake compiles, where it is refused with another sentence, where a right program is
# refused, and where one mistake makes two errors.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0

# turns_red WHAT FILE: the planted file must not pass.
turns_red() {
  if "$here/check.sh" "$2" g++ -std=c++20 > "$scratch/said"; then
    echo "check.sh passes $1"
    failed=1
  elif ! grep -q "$3" "$scratch/said"; then
    echo "check.sh fails on $1, but says:" && cat "$scratch/said"
    failed=1
  fi
}

echo '// matmul: inner dimensions differ' > "$scratch/compiles.cpp"
tail -n +2 "$here/../must_compile/matmul.cpp" >> "$scratch/compiles.cpp"
turns_red "a mistake that compiles" "$scratch/compiles.cpp" "must be refused, but compiles"

echo '// matmul: another sentence' > "$scratch/other.cpp"
tail -n +2 "$here/matmul_inner_size.cpp" >> "$scratch/other.cpp"
turns_red "another sentence" "$scratch/other.cpp" "is refused, but not with"

echo '// compiles' > "$scratch/refused.cpp"
tail -n +2 "$here/matmul_inner_size.cpp" >> "$scratch/refused.cpp"
turns_red "a right program that is refused" "$scratch/refused.cpp" "must compile, but does not"

cp "$here/matmul_inner_size.cpp" "$scratch/two.cpp"
echo 'int also_wrong = "text";' >> "$scratch/two.cpp"
turns_red "two errors" "$scratch/two.cpp" "makes 2 errors"
exit $failed
