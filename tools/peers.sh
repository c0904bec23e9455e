#!/usr/bin/env bash
# peers.sh NAME COMMAND...: run a command in the environment of another oracle's or exchange library, which only the bench
# measures. Each has its own under .toolchain/peers, from requirements/peers/NAME.txt; installed when something changed.
set -euo pipefail
root=$(dirname "$(readlink -f "$0")")/.. name=$1
shift
env=$root/.toolchain/peers/$name uv=$root/.toolchain/uv/bin/uv
stamp=$(sha256sum <"$root/requirements/peers/$name.txt")
if [ "$(cat "$env/stamp" 2>/dev/null)" != "$stamp" ]; then
  echo "peers: $name" >&2
  [ -x "$env/bin/python" ] || "$uv" venv -q --python "$root/.venv/bin/python" "$env"
  "$uv" pip sync -q --python "$env/bin/python" --require-hashes "$root/requirements/peers/$name.txt"
  echo "$stamp" >"$env/stamp"
fi
cd "$root"
mkdir -p "$env/home"  # some write their settings into it
HOME=$env/home PATH=$env/bin:$PATH exec "$@"
