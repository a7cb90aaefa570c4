#!/usr/bin/env bash
# How the server speaks WebSocket: Autobahn's cases, run by kosoku (PyPI) against the echo that the
# server has under --test-echo, over the same transport as its sessions. Left out are the cases of sheer
# size and speed (9.*) and those of compression (12.*, 13.*), which this server does not offer.
#
#   scripts/conformance.sh [SERVER]      the server's binary; target/debug/server by default
#
# Reports are left in target/conformance. Exit status: 0 when no case failed and no close code was wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-target}"
server="${1:-$target/debug/server}"
tools="$target/conformance-tools"
reports="$target/conformance"
KOSOKU=0.1.0

[ -x "$server" ] || { echo "error: no server at $server: cargo build first" >&2; exit 2; }
if [ ! -x "$tools/bin/kosoku" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check "kosoku==$KOSOKU"
fi

log="$(mktemp)"
"$server" --bind 127.0.0.1:0 --bots 0 --test-echo 2>"$log" &
server_id=$!
trap 'kill "$server_id" 2>/dev/null || true; rm -f "$log"' EXIT
address=""
for _ in $(seq 100); do
  address="$(sed -n 's|.*open http://\([^ ]*\) to play.*|\1|p' "$log")"
  [ -n "$address" ] && break
  sleep 0.1
done
[ -n "$address" ] || { echo "error: the server does not start" >&2; cat "$log" >&2; exit 1; }

rm -rf "$reports"
"$tools/bin/kosoku" "$address/test/echo" -p 4 -x '9.*' -x '12.*' -x '13.*' -o "$reports"
"$tools/bin/python" - "$reports/index.json" <<'PYTHON'
import json, sys

(cases,) = json.load(open(sys.argv[1])).values()
fine = {"OK", "NON-STRICT", "INFORMATIONAL"}
failed = sorted(case for case, told in cases.items() if told["behavior"] not in fine)
codes = sorted(case for case, told in cases.items() if told["behaviorClose"] not in fine)
print(f"{len(cases)} cases: {len(failed)} failed {failed}, {len(codes)} wrong close codes {codes}")
sys.exit(bool(failed or codes or len(cases) < 200))
PYTHON
