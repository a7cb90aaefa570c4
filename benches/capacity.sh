#!/usr/bin/env bash
# Capacity of the whole server: the release server on one core, bots on another, over loopback.
#
#   benches/capacity.sh [BOT-CLIENT ARGUMENTS…]
#   ROUNDS=5 benches/capacity.sh --game arena --bots 50 --rooms 1 --duration 10s --json
#   SERVER_FLAGS="--game-option drift.world=8000x8000" benches/capacity.sh \
#     --game drift --bots 1000 --rooms 1 --verify-share 0.1
#
# A room has seats for all bots that go into it, 50 at least (--room-capacity).
#
# Every round starts a server of its own on a free port. Its CPU time and its frames are read while
# all bots are in, so that neither joining nor leaving counts. Standard output has a JSON line per
# round (the bots'), one more with the server's cost, and the medians at the end.
#
# Environment: ROUNDS (3), SERVER_CORE (0), BOTS_CORE (1), SERVER_FLAGS (none): further flags of the
# server, such as the options of a game.
# Exit status: 0; 1 when a round failed; 2 when this machine cannot run it.
set -euo pipefail
cd "$(dirname "$0")/.."

ROUNDS="${ROUNDS:-3}"
SERVER_CORE="${SERVER_CORE:-0}"
BOTS_CORE="${BOTS_CORE:-1}"
DEFAULTS=(--game drift --bots 500 --rooms 10 --duration 10s --input-hz 20 --behavior wander --json)

refuse() { echo "error: $1" >&2; exit 2; }

[ "$(uname -s)" = Linux ] || refuse "capacity runs need Linux: they pin by taskset and read /proc"
command -v taskset >/dev/null || refuse "taskset is missing; it is in Debian's package util-linux"
for core in "$SERVER_CORE" "$BOTS_CORE"; do
  taskset -c "$core" true 2>/dev/null || refuse "there is no core $core; two are needed"
done

arguments=("$@")
[ "$#" -gt 0 ] || arguments=("${DEFAULTS[@]}")

# The value of one of the bots' flags, or what bot-client takes when it is not given.
flag() {
  local name="$1" value="$2" index
  for index in "${!arguments[@]}"; do
    case "${arguments[index]}" in
      "--$name") value="${arguments[index + 1]:-}" ;;
      "--$name="*) value="${arguments[index]#*=}" ;;
    esac
  done
  echo "$value"
}

bots="$(flag bots 10)"
rooms="$(flag rooms 0)"
[[ "$bots $rooms $ROUNDS" =~ ^[0-9]+\ [0-9]+\ [0-9]+$ ]] ||
  refuse "--bots, --rooms and ROUNDS are whole numbers"
capacity=50
if [ "$rooms" -gt 0 ] && [ $(((bots + rooms - 1) / rooms)) -gt "$capacity" ]; then
  capacity=$(((bots + rooms - 1) / rooms))
fi
[[ " ${arguments[*]} " == *" --json "* ]] || arguments+=(--json)

cargo build --release --locked -p tickwire-server -p tickwire-bot-client
target="${CARGO_TARGET_DIR:-target}/release"
work="$(mktemp -d)"
server_pid=""

stop_server() {
  [ -n "$server_pid" ] || return 0
  kill "$server_pid" 2>/dev/null || true
  wait "$server_pid" 2>/dev/null || true
  server_pid=""
}
trap 'stop_server; rm -rf "$work"' EXIT

ulimit -n "$(ulimit -Hn)" # each bot is a socket on either side

start_server() {
  : >"$work/server.log" # else the address of the round before is read
  # shellcheck disable=SC2086 # flags are words
  taskset -c "$SERVER_CORE" "$target/server" --bind 127.0.0.1:0 --workers 1 --room-threads 1 \
    --bots 0 --room-capacity "$capacity" --log warn,server=info ${SERVER_FLAGS:-} \
    2>"$work/server.log" &
  server_pid=$!
  until port="$(sed -n 's|.*open http://[^ ]*:\([0-9]*\) to play.*|\1|p' "$work/server.log")" &&
    [ -n "$port" ]; do
    kill -0 "$server_pid" 2>/dev/null || { cat "$work/server.log" >&2; refuse "no server"; }
    sleep 0.05
  done
}

# Two of the server's metrics: players in rooms, and state frames so far.
metrics() {
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
  tr -d '\r' <&3 | awk '
    /^tickwire_members\{role="player"\} / { players = $2 }
    /^tickwire_frames_total / { frames = $2 }
    END { print players + 0, frames + 0 }'
  exec 3>&-
}

# Ticks of CPU time, user and system. The name in field 2 has no spaces.
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$server_pid/stat"; }
rss_kib() { awk '/^VmRSS:/ { print $2 }' "/proc/$server_pid/status"; }

# Watches the server until the bots are done; prints its cost as JSON.
watch_server() {
  local bots_pid="$1" empty_rss="$2" first_cpu="" first_frames="" cpu=0 frames=0 rss=0
  local players now_frames now_cpu now_rss
  while kill -0 "$bots_pid" 2>/dev/null; do
    read -r players now_frames < <(metrics)
    now_cpu="$(cpu_ticks)" now_rss="$(rss_kib)"
    if [ "$players" -ge "$bots" ]; then
      [ -n "$first_cpu" ] || { first_cpu="$now_cpu" first_frames="$now_frames"; }
      cpu="$now_cpu" frames="$now_frames" rss="$now_rss"
    fi
    sleep 0.25
  done
  awk -v cpu="$((cpu - ${first_cpu:-0}))" -v frames="$((frames - ${first_frames:-0}))" \
    -v hz="$(getconf CLK_TCK)" -v rss="$((rss - empty_rss))" -v bots="$bots" 'BEGIN {
      if (frames <= 0) { print "{\"server_us_per_update\":null,\"server_kib_per_client\":null}"; exit }
      printf "{\"server_us_per_update\":%.2f,", cpu / hz * 1e6 / frames
      printf "\"server_kib_per_client\":%.1f}\n", rss / bots
    }'
}

failed=0
for ((round = 1; round <= ROUNDS; round++)); do
  start_server
  empty_rss="$(rss_kib)"
  taskset -c "$BOTS_CORE" "$target/bot-client" --url "http://127.0.0.1:$port" "${arguments[@]}" \
    >"$work/bots.out" &
  bots_pid=$!
  cost="$(watch_server "$bots_pid" "$empty_rss")"
  wait "$bots_pid" || { echo "round $round: the bots report a failure" >&2; failed=1; }
  stop_server
  tail -n 1 "$work/bots.out" | tee -a "$work/rounds"
  echo "$cost" | tee -a "$work/rounds"
done

# median LABEL MEMBER [INNER]: of a number that each round has once.
median() {
  local pattern="\"$2\":${3:+\{[^\}]*\"$3\":}"
  { grep -oE "$pattern[0-9.]+" "$work/rounds" || true; } | sed 's/.*://' | sort -n | awk -v label="$1" '
    { value[NR] = $1 }
    END {
      if (NR == 0) { median = "–" }
      else if (NR % 2) { median = value[(NR + 1) / 2] }
      else { median = (value[NR / 2] + value[NR / 2 + 1]) / 2 }
      printf "  %-36s %s\n", label, median
    }'
}

echo "medians, rounds: $ROUNDS, bots: ${arguments[*]}"
median "updates per second and bot" updates_per_second_per_bot
median "gap between updates, p99, ms" update_gap_ms p99
median "input to update, p50, ms" input_to_update_ms p50
median "bytes per update" bytes_per_update
median "bytes per entity and update" bytes_per_entity_update
median "room tick, p99, ms" server_tick_ms p99
median "server CPU per update, µs" server_us_per_update
median "server KiB per client" server_kib_per_client
median "load of the bots' core" load_cpu_share
if grep -q '"valid":false' "$work/rounds"; then
  echo "a round was not valid: the bots were too busy to measure; use --verify-share 0.02"
  failed=1
fi
exit "$failed"
