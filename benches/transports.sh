#!/usr/bin/env bash
# What sessions without a WebSocket cost: the same bots by WebSocket, by HTTP stream and by long polling, first each
# alone, then all in the same rooms.
#
#   benches/transports.sh
#   BOTS=100 ROUNDS=5 benches/transports.sh
#
# Prints, per round and transport, the server's CPU time per update, joining included, and how much that is of the
# WebSocket's of the same round; then what the bots say who play side by side. The server has one core and the
# bots another one.
#
# Environment: ROUNDS (3), BOTS (300), MIXED (200 of each transport side by side), GAME (drift), PORT (9192).
# Exit status: 0; 1 when a bot failed; 2 when this machine cannot run it.
set -euo pipefail
cd "$(dirname "$0")/.."

ROUNDS="${ROUNDS:-3}" BOTS="${BOTS:-300}" MIXED="${MIXED:-200}" GAME="${GAME:-drift}" PORT="${PORT:-9192}"
MEASURED_S=8
LIMIT_S=90
TRANSPORTS="ws stream poll"
command -v taskset >/dev/null || { echo "error: taskset is missing (Linux, util-linux)" >&2; exit 2; }

cargo build --release --locked
cargo build --release --locked -p tickwire-bot-client
programs="${CARGO_TARGET_DIR:-target}/release"
work="$(mktemp -d)"
server=""
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

start() {
  taskset -c 0 "$programs/server" --bind "127.0.0.1:$PORT" --bots 0 --workers 1 --room-threads 1 "$@" \
    2>"$work/server.log" &
  server=$!
  until grep -q "to play" "$work/server.log"; do
    kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; exit 2; }
    sleep 0.05
  done
}

stop() {
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=""
}

# $1 bots by transport $2, whose report goes to the file $3.
play() {
  timeout "$LIMIT_S" taskset -c 1 "$programs/bot-client" --url "http://127.0.0.1:$PORT" --game "$GAME" --bots "$1" \
    --transport "$2" --duration "${MEASURED_S}s" --verify-share "${4:-0.02}" --json 2>"$work/bots.log" | tail -n 1 >"$3" ||
    { cat "$work/bots.log" "$3" >&2; return 1; }
}

# The server's CPU time so far, in milliseconds.
cpu_ms() {
  awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000 / hz }' "/proc/$server/stat"
}

# A number of a report.
number() {
  grep -o "\"$1\":[0-9.]*" "$2" | head -n 1 | cut -d: -f2
}

start
for round in $(seq "$ROUNDS"); do
  for transport in $TRANSPORTS; do
    before="$(cpu_ms)"
    play "$BOTS" "$transport" "$work/$transport.json"
    awk -v round="$round" -v name="$transport" -v before="$before" -v after="$(cpu_ms)" -v bots="$BOTS" \
      -v seconds="$MEASURED_S" -v rate="$(number updates_per_second_per_bot "$work/$transport.json")" \
      -v first="$(cat "$work/first" 2>/dev/null || echo 0)" -v into="$work/first" 'BEGIN {
        each = (after - before) * 1000 / (rate * bots * seconds)
        if (name == "ws") { first = each; print first > into }
        printf "round %d  %-6s  %5.1f µs per update  × %.2f  %.1f updates/s\n", round, name, each, each / first, rate
      }'
  done
done
stop

echo "side by side, $MIXED of each:"
start --room-capacity 60
jobs=()
for transport in $TRANSPORTS; do
  play "$MIXED" "$transport" "$work/$transport.json" 1.0 &
  jobs+=($!)
done
failed=0
for job in "${jobs[@]}"; do wait "$job" || failed=1; done
for transport in $TRANSPORTS; do
  echo "$transport  $(cat "$work/$transport.json")"
done
exit "$failed"
