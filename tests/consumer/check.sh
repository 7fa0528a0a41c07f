#!/bin/sh
# check.sh SOURCE BUILD COMPILER: installs BUILD into a scratch folder and builds this project against that alone. What is
# installed must not know where it was built.
source=$1 build=$2 compiler=$3
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# quietly COMMAND...: says something only if it goes wrong, and ends there.
quietly() {
  "$@" > "$scratch/said" 2>&1 && return
  echo "failed: $*" && cat "$scratch/said"
  exit 1
}
# prints TEXT COMMAND...: the command ends well, and prints the text.
prints() {
  text=$1 && shift
  quietly "$@"
  grep -qF -- "$text" "$scratch/said" && return
  echo "'$*' does not print '$text', but:" && cat "$scratch/said"
  exit 1
}

quietly cmake --install "$build" --prefix "$scratch/first"
# Moved, because a package may be unpacked anywhere.
mv "$scratch/first" "$scratch/installed"
known=$(grep -rlF -e "$source/" -e "$build" -e "$scratch/first" "$scratch/installed")
if [ -n "$known" ]; then
  echo "these installed files know a path of the machine that built them: $known"
  exit 1
fi
prints "exclusive or" "$scratch/installed/bin/vitrine" list

quietly cmake -S "$here" -B "$scratch/build" -G Ninja "-DCMAKE_CXX_COMPILER=$compiler" -DCMAKE_BUILD_TYPE=Debug \
  "-DCMAKE_PREFIX_PATH=$scratch/installed"
quietly cmake --build "$scratch/build"
prints "mine" "$scratch/build/consumer" list
prints 'graph "mine training step" {' "$scratch/build/consumer" show mine --after fold_transposes
prints "sigmoid(" "$scratch/build/consumer" own-pass
