#!/bin/sh
# kernels_nm.sh BUILD_FOLDER [COMPILER]
# Files compiled for AVX2, AVX-512 or its VNNI hand out one function, their entry. An inline function of a shared header among
# them would be a weak symbol: the linker keeps one copy of those, and if that is the AVX-512 one, every other file that
# calls it crashes on a machine without AVX-512.
build=$1 compiler=${2:-g++}
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT

# What an object shares besides its one function: nothing, or a complaint per symbol.
shared() {
  nm -C --defined-only "$1" | awk -v file="${1##*/}" '
    { kind = $2; name = $0; sub(/^[^ ]* [^ ]* /, "", name) }
    kind ~ /[WVuwv]/ { print file ": emits the shared symbol " name "; give it internal linkage"; next }
    kind ~ /[A-Z]/ && kind !~ /[U]/ { ++entries; last = name; if (entries > 1) print file ": a second entry, " name }
    END { if (entries == 0) print file ": has no entry" }'
}

# The check can fail: an inline function, and a second function.
printf 'inline int twice(int x) { return 2 * x; }\nint (*address)(int) = nullptr;\nint entry(int x) { address = twice; return x; }\n' >"$scratch/weak.cpp"
printf 'int one() { return 1; }\nint two() { return 2; }\n' >"$scratch/two.cpp"
printf 'static int hidden(int x) { return x + 1; }\nint entry(int x) { return hidden(x); }\n' >"$scratch/sound.cpp"
for name in weak two sound; do "$compiler" -O0 -c "$scratch/$name.cpp" -o "$scratch/$name.o" || exit 1; done
shared "$scratch/weak.o" | grep -q 'shared symbol twice(int)' || { echo "self-check: an inline function was not found"; exit 1; }
shared "$scratch/two.o" | grep -q 'a second entry' || { echo "self-check: a second function was not found"; exit 1; }
[ -z "$(shared "$scratch/sound.o")" ] || { echo "self-check: a sound file was refused: $(shared "$scratch/sound.o")"; exit 1; }

objects=$(find "$build" -path '*vitrine_runtime.dir*' \( -name '*_avx2.cpp.o' -o -name '*_avx512.cpp.o' -o -name '*_vnni.cpp.o' \))
[ "$(printf '%s\n' "$objects" | wc -l)" -ge 6 ] || { echo "expected 6 or more objects below $build, found: $objects"; exit 1; }
bad=$(for object in $objects; do shared "$object"; done)
[ -z "$bad" ] || { echo "$bad"; exit 1; }
