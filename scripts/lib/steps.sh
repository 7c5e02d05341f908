# What every step of scripts/setup shares. A step NAME is two functions: need_NAME (is it needed?) and
# install_NAME. Sourced by scripts/setup, which sets $purpose and $cache.
# shellcheck shell=bash disable=SC2154  # purpose and cache: scripts/setup

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

# become_root WHAT HOW: says that root is needed for WHAT and lets sudo ask for the password now, while nothing runs
# in the background; where there is no way to root, says HOW root does it and stops.
become_root() {
  [ "$(id -u)" -ne 0 ] || return 0
  if command -v sudo >/dev/null; then
    say "      root is needed for $1: by sudo"
    if sudo -n true 2>/dev/null || sudo -v; then return 0; fi
    say "error: sudo does not let $(id -un) do that; as root: $2; then run this again"
  else
    say "error: root is needed for $1, and there is no sudo; as root: $2; then run this again"
  fi
  exit 5
}

# as_root COMMAND…: sudo keeps no environment, yet what it runs may have to go through a proxy.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo env ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
      ${no_proxy:+"no_proxy=$no_proxy"} "$@"
  fi
}

# end_job PID: one that sudo started is root's, and its end root's to ask for.
end_job() { kill "$1" 2>/dev/null || sudo -n kill "$1" 2>/dev/null || true; }

# foreign_in FOLDER: the first folder there that somebody else than root or oneself owns, or that anybody may change.
foreign_in() {
  find "$1" -maxdepth 1 -type d \( ! -uid 0 ! -uid "$(id -u)" -o -perm /002 \) -print -quit 2>/dev/null
}

# What is run from the cache must be nobody else's: who may change it becomes whoever runs it next. The usual cache is
# set aside, nothing of it used, and another begun; one that DECROCHE_CACHE named is its owner's to look at.
refuse_foreign_cache() {
  local found aside
  found=$(foreign_in "$cache")
  [ -n "$found" ] || return 0
  if [ -n "${cache_was_named:-}" ]; then
    say "error: $found may be changed by somebody else, and what is in it is run: remove it, or set DECROCHE_CACHE"
    exit 5
  fi
  aside="$cache.set-aside-$(date +%Y%m%d-%H%M%S)-$$"
  if ! mv -T "$cache" "$aside" || ! mkdir -p "$cache/wheels" || [ -n "$(foreign_in "$cache")" ]; then
    say "error: $found may be changed by somebody else, and another could not be made: set DECROCHE_CACHE"
    exit 5
  fi
  say "note: $found could be changed by somebody else, and what is in it is run: it is now"
  say "      $aside (remove it at will), and everything is fetched anew"
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
  trap 'end_job "$job"; rm -f "$log"; exit 130' INT TERM
  if [ -t 2 ]; then
    while kill -0 "$job" 2>/dev/null; do
      printf '\r      … %d s ' "$((SECONDS - began))" >&2
      sleep 1
    done
    printf '\r\033[K' >&2
  fi
  wait "$job" || status=$?
  trap 'exit 130' INT TERM
  if [ "$status" -ne 0 ]; then
    cat "$log" >&2
    say "error: this failed with status $status: $*"
    rm -f "$log"
    exit 5
  fi
  rm -f "$log"
}
