# What every step of scripts/setup shares. A step NAME is two functions: need_NAME (is it needed?) and
# install_NAME. Sourced by scripts/setup, which sets $purpose and $cache.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

# step NUMBER TITLE TIME NAME: runs install_NAME when need_NAME says so, and says how long it took.
step() {
  local number=$1 title=$2 time=$3 name=$4 began=$SECONDS
  if ! "need_$name"; then
    say "[$number/5] $title: ready"
    return
  fi
  say "[$number/5] $title: about $time …"
  "install_$name"
  say "[$number/5] $title: done in $((SECONDS - began)) s"
}

# one_at_a_time FILE: two setups on one cache take turns; the lock goes with the process.
one_at_a_time() {
  exec 9>"$1"
  flock -n 9 && return
  say "another setup is at work on this cache: waiting for it …"
  flock 9
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    say "error: root or sudo is needed for: $*"
    exit 5
  fi
}

# quietly COMMAND…: its output only when it fails; on a terminal, the seconds it has taken. With keep_lock set the
# command holds setup's lock too: when setup is killed outright the next one waits for it, and does not begin it twice.
quietly() {
  local log job began=$SECONDS status=0
  log=$(mktemp)
  if [ -n "${keep_lock:-}" ]; then
    "$@" >"$log" 2>&1 &
  else
    "$@" >"$log" 2>&1 9>&- &
  fi
  job=$!
  trap 'kill "$job" 2>/dev/null; rm -f "$log"; exit 130' INT TERM
  if [ -t 2 ]; then
    while kill -0 "$job" 2>/dev/null; do
      printf '\r      … %d s ' "$((SECONDS - began))" >&2
      sleep 1
    done
    printf '\r\033[K' >&2
  fi
  wait "$job" || status=$?
  trap - INT TERM
  if [ "$status" -ne 0 ]; then
    cat "$log" >&2
    say "error: this failed with status $status: $*"
    rm -f "$log"
    exit 5
  fi
  rm -f "$log"
}
