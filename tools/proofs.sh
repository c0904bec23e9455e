#!/usr/bin/env bash
# proofs.sh COMMAND...: run a command with halmos and slither on the PATH, in an environment of their own because their versions
# do not go with ours. Installs it when something changed (260 MB).
set -euo pipefail
root=$(dirname "$(readlink -f "$0")")/..
env=$root/.toolchain/proofs uv=$root/.toolchain/uv/bin/uv
stamp=$(sha256sum <"$root/requirements/proofs.txt")
if [ "$(cat "$env/stamp" 2>/dev/null)" != "$stamp" ]; then
  echo "proofs: halmos and slither" >&2
  [ -x "$env/bin/python" ] || "$uv" venv -q --python "$root/.venv/bin/python" "$env"
  "$uv" pip sync -q --python "$env/bin/python" --require-hashes "$root/requirements/proofs.txt"
  echo "$stamp" >"$env/stamp"
fi
cd "$root"
PATH=$env/bin:$PATH exec "$@"
