#!/usr/bin/env bash
# What a crash costs players: a server that writes its matches down is killed under bots and started again.
#
#   benches/crash.sh
#   BOTS=100 ROOMS=2 ROUNDS=5 benches/crash.sh
#
# Prints a line per round: milliseconds from the start of the second server until the first and the last room
# went on, and the bots' report. Each bot checks that it is the same player and that its copy of the state is
# the server's.
#
# Environment: ROUNDS (3), BOTS (500), ROOMS (10), GAME (arena), PORT (9191).
# Exit status: 0; 1 when a bot failed; 2 when this machine cannot run it.
set -euo pipefail
cd "$(dirname "$0")/.."

ROUNDS="${ROUNDS:-3}" BOTS="${BOTS:-500}" ROOMS="${ROOMS:-10}" GAME="${GAME:-arena}" PORT="${PORT:-9191}"
# Bots come in fifty at a time; then they play, are cut off, and play again.
PLAY_S=5
MEASURED_S=14
LIMIT_S=60

cargo build --release --locked
programs="${CARGO_TARGET_DIR:-target}/release"
work="$(mktemp -d)"
server=""
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

key="$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')"
start() {
  "$programs/server" --bind "127.0.0.1:$PORT" --bots 0 --journal-dir "$work/journals" --auth-key "$key" \
    2>"$work/server-$1.log" &
  server=$!
}

# Milliseconds since 1970 of the n-th line of a log with this text.
time_of() {
  local stamp
  stamp="$(grep "$2" "$1" | sed -n "${3}p" | cut -d' ' -f1)"
  date -d "$stamp" +%s%3N
}

for round in $(seq "$ROUNDS"); do
  rm -rf "$work/journals"
  start first
  until grep -q "to play" "$work/server-first.log"; do sleep 0.05; done
  timeout "$LIMIT_S" "$programs/bot-client" --url "http://127.0.0.1:$PORT" --game "$GAME" --bots "$BOTS" \
    --rooms "$ROOMS" --duration "${MEASURED_S}s" --json >"$work/bots.json" 2>"$work/bots.log" &
  bots=$!
  until [ "$(grep -c " joined " "$work/server-first.log" || true)" -ge "$BOTS" ]; do
    kill -0 "$bots" 2>/dev/null || { cat "$work/bots.log" >&2; exit 1; }
    sleep 0.05
  done
  sleep "$PLAY_S"
  kill -KILL "$server"
  wait "$server" 2>/dev/null || true
  begun="$(date +%s%3N)"
  start second
  wait "$bots" || { tail -n 3 "$work/bots.log" "$work/bots.json" >&2; exit 1; }
  log="$work/server-second.log"
  first="$(time_of "$log" "the match goes on" 1)"
  last="$(time_of "$log" "the match goes on" '$')"
  echo "round $round: rooms went on after $((first - begun)) to $((last - begun)) ms; $(tail -n 1 "$work/bots.json")"
  kill -TERM "$server"
  wait "$server" || true
  server=""
done
