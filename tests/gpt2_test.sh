#!/usr/bin/env bash
# gpt2_test.sh BUILD: gets GPT-2's vocabulary into BUILD/gpt2, once, and runs the test that reads it. Where it cannot be
# had the test is skipped, and says so.
set -u
build=$1
cd "$(dirname "$0")/.." || exit 1
if ! [ -s "$build/gpt2/encoder.json" ] || ! [ -s "$build/gpt2/vocab.bpe" ]; then
  if ! said=$(timeout 100 tools/fetch gpt2 "$build/gpt2" 2>&1); then
    echo "SKIPPED: GPT-2's vocabulary is not in $build/gpt2 and could not be fetched: $(tail -n 1 <<<"$said")"
    exit 77
  fi
fi
VITRINE_GPT2=$build/gpt2 exec "$build/vitrine_tests" "[gpt2]"
