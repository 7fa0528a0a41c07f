#!/bin/sh
# check.sh FILE COMPILER...
# The compiler must refuse FILE with exactly one error, and that error must hold the sentence of FILE's first line. With
# a sentence-less first line ("// compiles"), FILE must compile: that is how the check itself can fail.
# 0: as it should be. 1: not. 77: the compiler is not installed.
file=$1 && shift
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
if ! command -v "$1" > /dev/null; then
  echo "skipped: the compiler $1 is not installed, so $(basename "$file") was not shown to it"
  exit 77
fi
sentence=$(sed -n '1s|^// ||p' "$file")
if [ -z "$sentence" ]; then
  echo "$file: its first line must be a comment with the sentence that the compiler is to say"
  exit 1
fi

said=$("$@" -fsyntax-only "-I$root/include" "$file" 2>&1)
refused=$?
errors=$(printf '%s\n' "$said" | grep -c 'error: ')
if [ "$sentence" = compiles ]; then
  [ $refused -eq 0 ] && exit 0
  verdict="must compile, but does not"
elif [ $refused -eq 0 ]; then
  verdict="must be refused, but compiles"
elif ! printf '%s\n' "$said" | grep 'error: ' | grep -qF -- "$sentence"; then
  verdict="is refused, but not with: $sentence"
elif [ "$errors" -ne 1 ]; then
  verdict="is one mistake, but makes $errors errors"
else
  exit 0
fi
printf '%s: %s\nthe compiler (%s) said:\n%s\n' "$file" "$verdict" "$*" "$said"
exit 1
