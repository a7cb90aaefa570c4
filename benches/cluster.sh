#!/usr/bin/env bash
# What becomes of players when servers of a cluster die, stop and lose their Redis: three servers and a redis-server as
# processes, under bots.
#
#   benches/cluster.sh                         # all cases, about ten minutes
#   benches/cluster.sh kill rolling            # some of them
#   ROUNDS=1 KILLS=10 benches/cluster.sh kills
#
# kill       a room's owner is killed (SIGKILL), once with --durability tick and once with interval=100ms: how long until
#            its rooms went on elsewhere, from the kill and from the end of its lease, and what its players lost
# kills      KILLS kills of rooms' owners in a row at random moments, each server started again under its name: no room
#            twice, no seat leaked
# rolling    each server in turn is stopped (SIGTERM) and started again: how long players paused
# away       Redis stands still for 10 s (SIGSTOP), and then for 5 s (DEBUG SLEEP): whether rooms did
# directory  what a large cluster asks of its Redis: see `directory --help`
#
# Prints a line of figures per round, and fails where one must hold that does not. Each bot checks that it is the same
# player and that its copy of the state is the server's.
#
# Environment: ROUNDS (3), BOTS (150), ROOMS (3), GAME (arena), KILLS (50), SEED (1) of the moments.
# Exit status: 0; 1 when a bot failed or something else went wrong; 2 when this machine cannot run it.
set -euo pipefail
cd "$(dirname "$0")/.."

ROUNDS="${ROUNDS:-3}" BOTS="${BOTS:-150}" ROOMS="${ROOMS:-3}" GAME="${GAME:-arena}" KILLS="${KILLS:-50}" SEED="${SEED:-1}"
NODES="a b c"
# Bots come in fifty at a time; then they play.
PLAY_S=4
# How long anything is waited for that takes a moment.
PATIENCE_S=20
LIMIT_S=420
for tool in redis-server redis-cli curl taskset; do
  command -v "$tool" >/dev/null || { echo "error: $tool is missing (Debian: redis-server, curl, util-linux)" >&2; exit 2; }
done
[ "$#" -gt 0 ] || set -- kill kills rolling away directory

cargo build --release --locked
cargo build --release --locked -p tickwire-bot-client -p tickwire-benches --bin bot-client --bin directory
programs="${CARGO_TARGET_DIR:-target}/release"
work="$(mktemp -d)"
declare -A node=() port=() lives=()
redis="" bots=""
cleanup() {
  # A process that stands still does not end.
  [ -z "$redis" ] || kill -CONT "$redis" 2>/dev/null || true
  for process in $bots "${node[@]}" $redis; do kill -KILL "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  echo "error: $*" >&2
  tail -n 5 "$work"/bots.log "$work"/bots.json "$work"/node-*.log >&2 2>/dev/null || true
  exit 1
}

# Milliseconds since 1970.
now() {
  date +%s%3N
}

# Waits until a command succeeds.
until_so() {
  local until=$(($(now) + PATIENCE_S * 1000))
  until "$@" 2>/dev/null; do
    [ "$(now)" -lt "$until" ] || fail "in vain: $*"
    sleep 0.02
  done
}

cli() {
  redis-cli -p "$redis_port" "$@"
}

answers() {
  [ "$(cli ping 2>/dev/null)" = PONG ]
}

start_redis() {
  for _ in $(seq 10); do
    redis_port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 10000))
    "$@" redis-server --port "$redis_port" --bind 127.0.0.1 --save "" --appendonly no --enable-debug-command yes \
      >"$work/redis.log" &
    redis=$!
    for _ in $(seq 100); do
      kill -0 "$redis" 2>/dev/null || break
      if answers && [ "$(cli info server | grep -o 'process_id:[0-9]*')" = "process_id:$redis" ]; then return; fi
      sleep 0.05
    done
    # Somebody else has the port.
    kill -KILL "$redis" 2>/dev/null || true
    redis=""
  done
  echo "error: redis-server does not start" >&2
  exit 2
}

stop_redis() {
  kill -KILL "$redis"
  wait "$redis" 2>/dev/null || true
  redis=""
}

key="$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')"

# Starts the server $1, at the port that it had before, and waits until it is in the cluster. As process managers do, it
# starts it again while it ends: it may have to wait for the lease of its life before.
start() {
  local name="$1" log
  for _ in $(seq 20); do
    lives[$name]=$((${lives[$name]:-0} + 1))
    log="$work/node-$name-${lives[$name]}.log"
    "$programs/server" --bind "127.0.0.1:${port[$name]:-0}" --bots 0 --auth-key "$key" --node-name "$name" \
      --cluster "redis://127.0.0.1:$redis_port" "${flags[@]}" 2>"$log" &
    node[$name]=$!
    until_so is_up_or_down "$name" "$log"
    if kill -0 "${node[$name]}" 2>/dev/null; then break; fi
    sleep 0.2
  done
  port[$name]="$(grep -o 'http://127.0.0.1:[0-9]* to play' "$log" | grep -o ':[0-9]* ' | tr -d ': ')"
  until_so is_member "$name"
}

# Whether it is in the cluster, or has ended.
is_up_or_down() {
  ! kill -0 "${node[$1]}" || { grep -q "in the cluster" "$2" && grep -q "to play" "$2"; }
}

# Whether all others know it.
is_member() {
  local other
  for other in "${!node[@]}"; do
    curl -fsS -m 2 "http://127.0.0.1:${port[$other]}/api/cluster" | grep -q "\"name\":\"$1\"" || return 1
  done
}

kill_node() {
  local process="${node[$1]}"
  unset "node[$1]"
  kill -KILL "$process"
  wait "$process" 2>/dev/null || true
}

# All servers, with these flags.
start_cluster() {
  flags=("$@")
  start_redis
  local name
  for name in $NODES; do start "$name"; done
}

stop_cluster() {
  local name
  for name in "${!node[@]}"; do kill_node "$name"; done
  stop_redis
  node=() port=() lives=()
  rm -f "$work"/node-*.log
}

# Bots that play for $1 seconds; waits until all are in, and have played for a while.
start_bots() {
  local urls=() name
  for name in $NODES; do urls+=(--url "http://127.0.0.1:${port[$name]}"); done
  timeout "$LIMIT_S" "$programs/bot-client" "${urls[@]}" --game "$GAME" --bots "$BOTS" --rooms "$ROOMS" \
    --duration "${1}s" --json >"$work/bots.json" 2>"$work/bots.log" &
  bots=$!
  until_so all_are_in
  sleep "$PLAY_S"
}

all_are_in() {
  kill -0 "$bots" || fail "the bots have ended"
  [ "$(cat "$work"/node-*.log | grep -c " joined ")" -ge "$BOTS" ]
}

# Waits for their report.
end_bots() {
  local status=0
  wait "$bots" || status=$?
  bots=""
  [ "$status" -eq 0 ] || fail "bots failed ($status)"
}

# A number of their report: the n-th of that name.
number() {
  local found
  found="$(tail -n 1 "$work/bots.json" | grep -o "\"$1\":[0-9.]*" | sed -n "${2:-1}p" | cut -d: -f2)"
  echo "${found:--}"
}

# One of the three of a spread.
spread() {
  tail -n 1 "$work/bots.json" | grep -o "\"$1\":{[^}]*}" | grep -o "\"$2\":[0-9.]*" | cut -d: -f2 || echo -
}

owners() {
  local owner
  for owner in $(cli --scan --pattern 'tickwire:owner:*'); do
    echo "${owner##*:} $(cli hget "$owner" instance)"
  done
}

# What holds in all cases: each who has come back is who it was.
reported() {
  echo "reconnects $(number reconnects), other players $(($(number reconnects) - $(number resumed))), \
failed $(number bots_failed), desyncs $(number desyncs), stale owners refused $(number stale_owners)"
}

# Milliseconds since 1970 of the last line of the servers' logs with this text.
last_time_of() {
  local stamp
  stamp="$(cat "$work"/node-*.log | grep "$1" | cut -d' ' -f1 | sort | tail -n 1)"
  date -d "$stamp" +%s%3N
}

goes_on() {
  [ "$(cat "$work"/node-*.log | grep -c "the room of a dead node goes on here")" -ge "$1" ]
}

case_kill() {
  local durability round owned victim count lease killed went_on lost
  for durability in tick interval=100ms; do
    for round in $(seq "$ROUNDS"); do
      start_cluster --durability "$durability"
      start_bots 12
      owned="$(owners)"
      read -r _ victim <<<"$owned"
      count="$(grep -c " $victim$" <<<"$owned")"
      lease="$(cli pttl "tickwire:node:${victim%@*}")"
      killed="$(now)"
      kill_node "${victim%@*}"
      until_so goes_on "$count"
      went_on=$(($(last_time_of "the room of a dead node goes on here") - killed))
      end_bots
      lost="$(awk -v ticks="$(number ticks_taken_back)" -v bots="$(number reconnects)" \
        'BEGIN { printf "%.1f", bots ? ticks / bots : 0 }')"
      echo "kill $durability, round $round: $count of $ROOMS rooms went on after $went_on ms, $((went_on - lease)) after the \
lease's end; players were back after p50 $(spread resume_ms p50), max $(spread resume_ms max) ms, $(awk \
        -v max="$(spread resume_ms max)" -v lease="$lease" 'BEGIN { printf "%.0f", max - lease }') after the lease's end; \
ticks taken back, each: $lost; $(reported)"
      stop_cluster
    done
  done
}

# Seconds from $1 to $2 at random, in hundredths.
random_s() {
  awk -v from="$1" -v to="$2" -v share="$RANDOM" 'BEGIN { printf "%.2f", from + (to - from) * share / 32768 }'
}

# Whether each room is in one node's list and has one owner, and no more is taken up than there are bots.
expect_sound() {
  local name list rooms seats
  for name in $NODES; do
    list="$(curl -fsS -m 5 "http://127.0.0.1:${port[$name]}/api/rooms")"
    rooms="$(grep -o '"room":"[^"]*"' <<<"$list" | sort)"
    [ -z "$(uniq -d <<<"$rooms")" ] || fail "$name lists a room twice: $list"
    [ "$(wc -l <<<"$rooms")" -eq "$ROOMS" ] || fail "$name lists other rooms than $ROOMS: $list"
    seats="$(grep -o '"players":[0-9]*' <<<"$list" | cut -d: -f2 | awk '{ sum += $1 } END { print sum + 0 }')"
    [ "$seats" -eq "$BOTS" ] || fail "$name lists $seats players, and there are $BOTS: $list"
  done
  local instance listed=""
  for instance in $(cli zrange tickwire:nodes 0 -1); do
    listed+="$(cli hkeys "tickwire:rooms:$instance")"$'\n'
  done
  listed="$(sed '/^$/d' <<<"$listed" | sort)"
  [ -z "$(uniq -d <<<"$listed")" ] || fail "a room is two nodes': $listed"
  [ "$(wc -l <<<"$listed")" -eq "$ROOMS" ] || fail "nodes have other rooms than $ROOMS: $listed"
  [ "$(owners | wc -l)" -eq "$ROOMS" ] || fail "other rooms than $ROOMS have owners: $(owners)"
}

is_sound() {
  (expect_sound) 2>/dev/null
}

case_kills() {
  local kill owned victim
  RANDOM="$SEED"
  start_cluster --durability tick
  # As long as the pauses below take at most, and what comes before and after them.
  start_bots $((KILLS * 4 + 30))
  local began
  began="$(now)"
  for kill in $(seq "$KILLS"); do
    sleep "$(random_s 0.2 3)"
    kill -0 "$bots" || fail "the bots have ended before the kills"
    # That of a room; its life before, should nobody have taken the room over yet.
    mapfile -t owned < <(owners | sort)
    victim="${owned[RANDOM % ${#owned[@]}]#* }"
    victim="${victim%@*}"
    kill_node "$victim"
    sleep "$(random_s 0 0.4)"
    start "$victim"
  done
  local took=$((($(now) - began) / 1000)) taken_over
  taken_over="$(cat "$work"/node-*.log | grep -c "the room of a dead node goes on here" || true)"
  # Rooms of the last one go on, and all come back.
  PATIENCE_S=30 until_so is_sound
  end_bots
  echo "kills: $KILLS in $took s, $taken_over takeovers of a room: no room twice, $BOTS seats for $BOTS bots; players were \
back after p50 $(spread resume_ms p50), p99 $(spread resume_ms p99), max $(spread resume_ms max) ms; \
ticks taken back $(number ticks_taken_back); $(reported)"
  stop_cluster
}

case_rolling() {
  local round name process status
  for round in $(seq "$ROUNDS"); do
    start_cluster --durability interval=100ms
    start_bots 20
    for name in $NODES; do
      process="${node[$name]}"
      unset "node[$name]"
      kill -TERM "$process"
      status=0
      wait "$process" || status=$?
      [ "$status" -eq 0 ] || fail "$name has ended with status $status"
      start "$name"
    done
    end_bots
    echo "rolling, round $round: players paused p50 $(spread resume_ms p50), p99 $(spread resume_ms p99), max $(spread \
      resume_ms max) ms; ticks missed, each: $(awk -v ticks="$(number ticks_lost)" -v bots="$(number reconnects)" \
      'BEGIN { printf "%.1f", bots ? ticks / bots : 0 }'); $(reported)"
    stop_cluster
  done
}

# The sum of a counter over all servers.
counter() {
  local name
  for name in $NODES; do
    curl -fsS -m 5 "http://127.0.0.1:${port[$name]}/metrics" | grep "^$1" || true
  done | awk '{ sum += $2 } END { printf "%.3f", sum }'
}

case_away() {
  local round moved held
  for round in $(seq "$ROUNDS"); do
    start_cluster --durability interval=100ms
    start_bots 29
    moved="$(counter tickwire_tick_moved_seconds_total)"
    held="$(counter tickwire_ticks_held_total)"
    kill -STOP "$redis"
    sleep 10
    kill -CONT "$redis"
    sleep 3
    cli debug sleep 5 >/dev/null
    sleep 2
    moved="$(awk -v before="$moved" -v after="$(counter tickwire_tick_moved_seconds_total)" \
      'BEGIN { printf "%.3f", after - before }')"
    held="$(awk -v before="$held" -v after="$(counter tickwire_ticks_held_total)" 'BEGIN { print after - before }')"
    end_bots
    echo "away, round $round: updates per second $(number updates_per_second_per_bot), gap p99 $(spread update_gap_ms p99), \
max $(spread update_gap_ms max) ms; ticks held $held, moved by $moved s, lost $(number ticks_lost); $(reported)"
    stop_cluster
  done
}

case_directory() {
  start_redis taskset -c 0
  taskset -c 1 "$programs/directory" --redis "redis://127.0.0.1:$redis_port"
  echo "memory of Redis with all of this: $(cli info memory | grep used_memory_human | tr -d '\r' | cut -d: -f2)"
  stop_redis
}

for case in "$@"; do
  case "$case" in
    kill | kills | rolling | away | directory) "case_$case" ;;
    *) echo "error: no such case: $case" >&2; exit 2 ;;
  esac
done
