#!/usr/bin/env bash
# Slither over contracts/. Any finding is red. What is left out, and why; single places are waived beside the code.
set -euo pipefail
waived=(
  assembly            # each block is one small function beside a plain twin that Differential.t.sol or Round.t.sol compares
  too-many-digits     # masks of lanes
  timestamp           # ages and funding times are what these contracts compare; the limits are seconds, not entropy
  shadowing-local     # in IAggregator only: parameters named as the views of the same value
  missing-zero-check  # zero means "nobody" to setPauser and setFeedManager
)
# Of its own: slither has forge compile everything with more output than tests want.
export FOUNDRY_OUT=build/slither/out FOUNDRY_CACHE_PATH=build/slither/cache
mkdir -p build/slither
slither . --filter-paths "node_modules|tests" --exclude "$(IFS=,; echo "${waived[*]}")" "$@" 2>&1 | tee build/slither/log
# A function that it could not read, or a run that looked at nothing, has no findings.
if grep -q "^ERROR" build/slither/log; then exit 1; fi
analyzed=$(sed -nE 's/.* analyzed \(([0-9]+) contracts with [1-9][0-9]+ detectors\).*/\1/p' build/slither/log)
files=$(find contracts -name '*.sol' -not -path '*/.cache/*' | wc -l)
[ "${analyzed:-0}" -ge "$files" ] || { echo "slither: analyzed ${analyzed:-0} contracts, of $files files" >&2; exit 1; }
