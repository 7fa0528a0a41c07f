#!/bin/sh
# layers.sh ROOT
# No include breaks the picture: milestones and tests see tools, tools see compiler and runtime, which never see each
# other; both see include/vitrine, which sees std, Hana and itself. Then the check is shown a bad include of each kind in
# a copy and must find it.
root=${1:-.}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# includes FOLDER: every include line below it, as file:line:#include ...
includes() {
  grep -rnE '^[[:space:]]*#[[:space:]]*include' --include='*.hpp' --include='*.cpp' "$1" 2> /dev/null
}
# only FOLDER WHAT ALLOWED: includes of FOLDER that match no allowed form, each with the rule that it breaks.
only() {
  includes "$1" | grep -vE "include[[:space:]]*($3)" | sed "s|\$|   <- $1 may include $2 only|"
}
# files FOLDERS HEADER FILES: includes of HEADER outside of the files, FILE or FILE|FILE, that may.
files() {
  for each in $1; do includes "$each"; done | grep -E "include[[:space:]]*[<\"]$2" | grep -vE "^($3):" | sed "s#\$#   <- $2 belongs in $3 only#"
}

violations() {
  cd "$1" || exit 1
  std='<[a-z_0-9]+>'
  only include/vitrine "std, Boost.Hana and itself" "$std|<boost/hana/[a-z_/]+\.hpp>|\"vitrine/"
  only compiler "std, fmt, Boost, include/vitrine and itself" "$std|<fmt/|<boost/(hana|graph)/|\"vitrine/|\"compiler/"
  only runtime "std, the system, nlohmann, xxhash, xbyak, zlib, include/vitrine and itself" \
    "$std|<(sys/|linux/)?[a-z_0-9]+\.h>|<nlohmann/|<xbyak/|\"vitrine/|\"runtime/"
  only tools "what lies below it" "<|\"(vitrine|compiler|runtime|tools)/"
  only milestones "tools and below" "<|\"(vitrine|compiler|runtime|tools|milestones)/"
  files "include compiler runtime tools milestones tests" "boost/graph/" "compiler/graph.cpp|compiler/kept_values.cpp|compiler/post_dominators.cpp"
  for library in nlohmann/ xbyak/ xxhash zlib; do  # each is slow to compile or easily replaced: one place in the runtime
    users=$(includes runtime | grep -E "include[[:space:]]*<$library" | cut -d: -f1 | sort -u)
    [ "$(printf '%s\n' "$users" | grep -c .)" -le 1 ] || printf 'runtime includes %s in several files: %s\n' "$library" "$(echo "$users" | tr '\n' ' ')"
  done
  return 0
}

found=$(violations "$root")
if [ -n "$found" ]; then
  printf 'includes that break the layers:\n%s\n' "$found"
  exit 1
fi

failed=0
# finds FILE INCLUDE: with this line planted in this file, a violation in that file must be reported.
finds() {
  rm -rf "$scratch/copy" && mkdir "$scratch/copy"
  for folder in include compiler runtime tools milestones; do
    [ ! -d "$root/$folder" ] || cp -r "$root/$folder" "$scratch/copy/"
  done
  mkdir -p "$(dirname "$scratch/copy/$1")"
  printf '#include %s\n' "$2" >> "$scratch/copy/$1"
  if ! (violations "$scratch/copy") | grep -qF "$1"; then
    echo "the check overlooks #include $2 in $1"
    failed=1
  fi
}
finds include/vitrine/expr.hpp '"compiler/print.hpp"'
finds include/vitrine/graph.hpp '<fmt/format.h>'
finds include/vitrine/ops/add.hpp '<boost/graph/adjacency_list.hpp>'
finds compiler/verify.cpp '"runtime/pool.hpp"'
finds compiler/passes/remove_unused.cpp '<boost/graph/adjacency_list.hpp>'
finds compiler/print.cpp '"tools/progress.hpp"'
finds compiler/print.cpp '<nlohmann/json.hpp>'
finds runtime/pool.hpp '"compiler/passes.hpp"'
finds runtime/pool.hpp '"tools/progress.hpp"'
finds runtime/pool.hpp '<fmt/format.h>'
finds tools/progress.cpp '"milestones/03_mlp/mlp.hpp"'
finds tools/progress.cpp '"tests/scratch.hpp"'
finds milestones/03_mlp/mlp.cpp '"tests/scratch.hpp"'
exit $failed
