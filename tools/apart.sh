#!/usr/bin/env bash
# apart.sh NAME COMMAND...: run a command in an environment of its own, from requirements/NAME.txt: halmos and slither (`proofs`),
# whose versions do not go with ours, and the libraries that only the bench measures (`peers/...`). Installs when something changed.
set -euo pipefail
root=$(dirname "$(readlink -f "$0")")/.. name=$1
shift
env=$root/.toolchain/$name uv=$root/.toolchain/uv/bin/uv
stamp=$(sha256sum <"$root/requirements/$name.txt")
if [ "$(cat "$env/stamp" 2>/dev/null)" != "$stamp" ]; then
  echo "apart: $name" >&2
  [ -x "$env/bin/python" ] || "$uv" venv -q --python "$root/.venv/bin/python" "$env"
  "$uv" pip sync -q --python "$env/bin/python" --require-hashes "$root/requirements/$name.txt"
  echo "$stamp" >"$env/stamp"
fi
cd "$root"
mkdir -p "$env/home"  # some write their settings into it
HOME=$env/home PATH=$env/bin:$PATH exec "$@"
