# Step 2: the Python environment in .venv, from the hashed locks, by a uv that the cache keeps: what a service imports,
# and, but for --service and --image, what style, types and tests need.
# shellcheck shell=bash disable=SC2154  # purpose and cache: scripts/setup

find_python() {
  local candidate
  for candidate in python3.11 python3.12 python3.13 python3 python3.14; do
    if command -v "$candidate" >/dev/null &&
      "$candidate" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  say "error: Python 3.11 to 3.14 is needed (sudo apt-get install python3)"
  exit 5
}

# With the folder's own name: an environment that was moved or copied does not run, and is made again.
lock_stamp() { { pwd -P; cat requirements.lock requirements-uv.lock pyproject.toml; } | sha256sum | cut -d' ' -f1; }

dev_stamp() { cat requirements.lock requirements-dev.lock | sha256sum | cut -d' ' -f1; }

need_python() {
  [ "$(cat .venv/.lock-stamp 2>/dev/null)" != "$(lock_stamp)" ] || ! .venv/bin/python -c '' 2>/dev/null || need_dev
}

need_dev() { [ -z "$purpose" ] && [ "$(cat .venv/.dev-stamp 2>/dev/null)" != "$(dev_stamp)" ]; }

uv() { "$cache/tools/bin/uv" "$@"; }

install_python() {
  local python
  python=$(find_python)
  keep_uv "$python"
  if [ "$(cat .venv/.folder 2>/dev/null || pwd -P)" != "$(pwd -P)" ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    "$python" -m venv .venv # with pip, which fetches models from the index
  fi
  pwd -P >.venv/.folder
  rm -f .venv/.lock-stamp .venv/.dev-stamp
  export UV_LINK_MODE=copy
  if same_disk; then UV_LINK_MODE=hardlink; fi
  install_lock requirements.lock
  [ -n "$purpose" ] || install_lock requirements-dev.lock
  quietly uv pip install --offline --python .venv/bin/python --no-deps --no-build-isolation -e .
  lock_stamp >.venv/.lock-stamp
  [ -n "$purpose" ] || dev_stamp >.venv/.dev-stamp
}

same_disk() { [ "$(stat -c %d "$cache")" = "$(stat -c %d .)" ]; }

keep_uv() {
  "$cache/tools/bin/uv" --version 2>/dev/null | grep -qF "$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements-uv.lock)" && return
  rm -rf "$cache/tools"
  "$1" -m venv "$cache/tools"
  quietly "$cache/tools/bin/python" -m pip install --disable-pip-version-check --require-hashes -r requirements-uv.lock
}

# install_lock FILE: a cache that once held this whole lock is asked first, without the network; uv shows its own bars.
install_lock() {
  local whole arguments
  whole=$cache/uv/.whole-$(sha256sum "$1" | cut -c1-16)-$(.venv/bin/python -c 'import sys; print(sys.implementation.cache_tag)')
  arguments=(pip install --python .venv/bin/python --require-hashes -r "$1")
  if [ -e "$whole" ] && uv "${arguments[@]}" --offline; then return; fi
  pip_index
  if ! uv "${arguments[@]}"; then
    say "error: the Python packages could not be installed; what was fetched is kept: run this again"
    exit 5
  fi
  touch "$whole"
}

# uv does not read pip's configuration: an index set there (a mirror of a closed network) is meant for both.
pip_index() {
  [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] || return 0
  local index
  index=$(.venv/bin/python -m pip config get global.index-url 2>/dev/null) || index=${PIP_INDEX_URL:-}
  [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
}
