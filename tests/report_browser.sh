#!/usr/bin/env bash
# report_browser.sh BUILD: reports in a real browser, Debian's chromium driven by playwright-core from npm. Where one of
# them is missing the test is skipped, and says so. Found are modules in BUILD/node_modules or where NODE_PATH says.
set -u
build=$1
here=$(cd "$(dirname "$0")" && pwd) || exit 1
skip() {
  echo "SKIPPED: $1; tools/setup browser installs it"
  exit 77
}
command -v chromium >/dev/null || skip "chromium is not installed"
command -v node >/dev/null || skip "node is not installed"
export NODE_PATH="$build/node_modules${NODE_PATH:+:$NODE_PATH}"
node -e 'require("playwright-core")' 2>/dev/null || skip "playwright-core is not in $build/node_modules"
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
for model in xor mlp cnn gpt; do
  "$build/vitrine" report "$model" -o "$scratch/$model.html" >/dev/null || exit 1
done
"$build/vitrine" profile xor --repeats 1 --threads 1 --out "$scratch/profile" >/dev/null || exit 1
"$build/vitrine" report xor --profile "$scratch/profile/profile.json" -o "$scratch/measured.html" >/dev/null || exit 1
"$build/vitrine" report gpt --without-b fold_transposes -o "$scratch/compared.html" >/dev/null || exit 1
"$build/vitrine" report mlp --against cnn -o "$scratch/models.html" >/dev/null || exit 1
cat >"$scratch/hostile.vit" <<'END'
graph "</script><script>window.caught = 1</script>" {
  input %"<img src=x onerror='window.caught = 1'>" : f32[batch 2, in 3]
  state %"__proto__" : f32[in 3, out 4] = normal(0.5)
  %2 = matmul(%"<img src=x onerror='window.caught = 1'>", %__proto__) : f32[batch 2, out 4] #1
  %3 = neg(%2) : f32[batch 2, out 4]
  %4 = neg(%3) : f32[batch 2, out 4]
  output "javascript:window.caught=1" = %4
  place #1 = "<b>model.cpp":12 in "</style><svg onload='window.caught = 1'>"
}
END
sed -e 's/neg(%2)/relu(%2)/; s/%"__proto__"/%__proto__/; s|%__proto__|%"</script><svg onload=window.caught=1>"|' \
  "$scratch/hostile.vit" >"$scratch/other.vit"
"$build/vitrine" report "$scratch/hostile.vit" --against "$scratch/other.vit" -o "$scratch/hostile.html" >/dev/null || exit 1
# 3,000 nodes in which nothing repeats: each relu is of a sum of what three others made.
awk 'BEGIN {
  print "graph large {\n  input %x : f32[8]"
  print "  %1 = relu(%x) : f32[8]"
  for (i = 2; i <= 3000; ++i)
    printf "  %%%d = %s(%%%d, %%%d) : f32[8]\n", i, i % 3 ? "add" : "mul", i - 1, 1 + (i * 7919) % (i - 1)
  print "  output y = %3000\n}"
}' >"$scratch/large.vit"
"$build/vitrine" report "$scratch/large.vit" --without-b group_elementwise -o "$scratch/large.html" >/dev/null || exit 1
status=0
node "$here/report_browser.mjs" "$scratch" || status=1
node "$here/report_compare.mjs" "$scratch" || status=1
exit $status
