#!/usr/bin/env bash
# stories_test.sh BUILD: gets the model stories15M into BUILD/stories, once, and runs the tests that read it. Where it
# cannot be had they are skipped, and it says so.
set -u
build=$1
cd "$(dirname "$0")/.." || exit 1
file=$build/stories/stories.safetensors
if ! [ -s "$file" ]; then
  if ! said=$(timeout 200 tools/fetch stories "$build/stories" 2>&1); then
    echo "SKIPPED: the stories' model is not in $file and could not be fetched: $(tail -n 1 <<<"$said")"
    exit 77
  fi
fi
VITRINE_STORIES=$file exec "$build/vitrine_tests" "[stories]"
