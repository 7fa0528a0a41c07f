#!/bin/sh
# ctest takes a test's name from Catch and hands it back: one with a ; in it is cut in two, and neither half ever runs.
cd "$(dirname "$0")/.." || exit 1
names() { tr '\n' '@' | grep -oE '@TEST_CASE\([@ ]*"[^"]*"' | grep ';'; }
if cat tests/*.cpp | names; then
  echo 'tests: these names have a ; in them, at which ctest cuts them; say "and"'
  exit 1
fi
printf '\nTEST_CASE(\n    "one; two") {' | names > /dev/null && exit 0
echo 'tests/test_names.sh finds no ; where there is one'
exit 1
