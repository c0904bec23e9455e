#!/usr/bin/env bash
# on_hardhat.sh COMMAND...: run a command beside a Hardhat node of its own, which tests/contracts/conftest.py then joins.
# (Left to itself the plugin wants npx on the PATH and gives a busy machine 20 s.)
set -euo pipefail
port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
log=$(mktemp)
hardhat node --port "$port" --hostname 127.0.0.1 >"$log" 2>&1 &
node=$!
trap 'kill $node 2>/dev/null || true; wait $node 2>/dev/null || true; rm -f "$log"' EXIT
up() { python -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$port" 2>/dev/null; }
for _ in $(seq 300); do
  up && break
  kill -0 $node 2>/dev/null || { echo "on_hardhat: Hardhat did not start:" >&2; cat "$log" >&2; exit 5; }
  sleep 0.2
done
up || { echo "on_hardhat: no Hardhat node on port $port after a minute" >&2; exit 5; }
export SPOTLINE_HARDHAT=http://127.0.0.1:$port
"$@"
