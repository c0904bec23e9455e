#!/usr/bin/env bash
# Installs from Debian what only some tests need. Does nothing where it is there.
set -euo pipefail
export PATH=$PATH:/usr/sbin DEBIAN_FRONTEND=noninteractive
missing=()
command -v nats-server >/dev/null || missing+=(nats-server)
command -v faketime >/dev/null || missing+=(faketime)
command -v openssl >/dev/null || missing+=(openssl)
[ ${#missing[@]} -eq 0 ] && { echo "system: nothing to install"; exit 0; }
sudo=""
[ "$(id -u)" -eq 0 ] || sudo=sudo
command -v apt-get >/dev/null || { echo "system: install ${missing[*]} with this system's packages" >&2; exit 3; }
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends "${missing[@]}"
echo "system: installed ${missing[*]}"
