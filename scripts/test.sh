#!/usr/bin/env bash
# Everything that must hold: format, lints, all Rust tests, Autobahn's cases of the WebSocket protocol, the
# JavaScript tests and type check, and the demo in a real browser. Installs what the tests need where it is missing, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"
MIN_NODE=18

step() { printf '\n=== %s\n' "$1"; }

node_is_fit() {
  command -v node >/dev/null && command -v npm >/dev/null &&
    [ "$(node -p 'process.versions.node.split(".")[0]')" -ge "$MIN_NODE" ]
}

chromium_path() {
  command -v chromium || command -v chromium-browser || command -v google-chrome-stable ||
    command -v google-chrome
}

nginx_path() {
  # Debian has it where only root looks.
  command -v nginx || { [ -x /usr/sbin/nginx ] && echo /usr/sbin/nginx; }
}

install_missing() {
  local missing=()
  command -v cargo >/dev/null || { echo "error: Rust is missing; see https://rustup.rs" >&2; exit 2; }
  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  node_is_fit || missing+=(nodejs npm)
  chromium_path >/dev/null || missing+=(chromium)
  nginx_path >/dev/null || missing+=(nginx-light)
  { command -v redis-server && command -v redis-cli; } >/dev/null || missing+=(redis-server)
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
  [ "${#missing[@]}" -eq 0 ] && return
  if ! command -v apt-get >/dev/null; then
    echo "error: please install these first: ${missing[*]} (Node $MIN_NODE or newer)" >&2
    exit 2
  fi
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "installing by apt-get: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
  node_is_fit || { echo "error: Node $MIN_NODE or newer is needed" >&2; exit 2; }
}

step "tools"
install_missing
echo "$(cargo --version), node $(node --version), $("$(chromium_path)" --version 2>/dev/null)"
(cd web-demo && npm ci --no-audit --no-fund --loglevel=error)

step "format"
cargo fmt --all --check

step "lints"
cargo clippy --workspace --all-targets --locked -- -D warnings

step "Rust tests"
cargo test --workspace --locked
built="$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug"

step "WebSocket conformance"
scripts/conformance.sh "$built/server"

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

step "JavaScript types"
(cd web-demo && npm run --silent typecheck)

step "JavaScript tests"
# Random frames, which Rust makes and reads, for JavaScript to read as well.
export TICKWIRE_RANDOM_FRAMES="$built/examples/random-frames"
# What writes a recording to be watched; the server, and one of a game of the tests', for the SDK to play on.
export TICKWIRE_RECORD_MATCH="$built/examples/record-match"
export TICKWIRE_SERVER="$built/server" TICKWIRE_TAG_SERVER="$built/examples/tag"
(cd web-demo && timeout 900 npm test --silent)

step "browser tests"
TICKWIRE_CHROMIUM="$(chromium_path)"
export TICKWIRE_CHROMIUM
(cd web-demo && timeout 1500 npm run --silent test:browser)

step "all passed"
