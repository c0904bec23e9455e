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
exec slither . --filter-paths "node_modules|tests" --exclude "$(IFS=,; echo "${waived[*]}")" "$@"
