# The steps of scripts/setup. Each has a question (is it needed?) and an answer (install it).

say() { printf '%s\n' "$*" >&2; }

# step NUMBER TITLE TIME NEED INSTALL [ARGS]: runs INSTALL when NEED says so, and says how long it took.
step() {
  local number=$1 title=$2 time=$3 need=$4 install=$5
  shift 5
  if ! "$need" "$@"; then
    say "[$number/5] $title: ready"
    return
  fi
  say "[$number/5] $title: about $time …"
  local began=$SECONDS
  "$install" "$@"
  say "[$number/5] $title: done in $((SECONDS - began)) s"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    say "error: root or sudo is needed to install packages: $*"
    exit 5
  fi
}

# ---- system packages -----------------------------------------------------------------------------------

packages() {
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' scripts/lib/packages.txt
}

missing_packages() {
  local name
  for name in $(packages); do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || printf '%s ' "$name"
  done
}

need_packages() { [ -n "$(missing_packages)" ]; }

install_packages() {
  local wanted
  wanted=$(missing_packages)
  say "      apt-get install $wanted"
  quietly as_root apt-get update
  # shellcheck disable=SC2086  # a list of names
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $wanted
}

# quietly COMMAND…: its output only when it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    say "error: $* failed"
    exit 5
  fi
  rm -f "$log"
}

# ---- Python --------------------------------------------------------------------------------------------

python() {
  local candidate
  for candidate in python3.11 python3.12 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  say "error: Python 3.11 or 3.12 is needed"
  exit 5
}

lock_stamp() { cat requirements.lock requirements-uv.lock pyproject.toml | sha256sum | cut -d' ' -f1; }

need_python() { [ "$(cat .venv/.lock-stamp 2>/dev/null)" != "$(lock_stamp)" ]; }

install_python() {
  [ -x .venv/bin/python ] || "$(python)" -m venv .venv
  if [ ! -x "$cache/tools/bin/uv" ]; then
    "$(python)" -m venv "$cache/tools"
    quietly "$cache/tools/bin/python" -m pip install --disable-pip-version-check --require-hashes -r requirements-uv.lock
  fi
  "$cache/tools/bin/uv" pip install --python .venv/bin/python --require-hashes -r requirements.lock
  quietly "$cache/tools/bin/uv" pip install --python .venv/bin/python --no-deps --no-build-isolation -e .
  lock_stamp >.venv/.lock-stamp
}

# ---- llama-cpp-python: source only, built once, its name says for which processor ----------------------

llama_version() { sed -n 's/^llama-cpp-python==\([^ ]*\).*/\1/p' requirements-llama.lock; }

# Never native: a build for AMX segfaults in virtual machines. AVX-512 is worth 20 % where the processor has it.
llama_flavour() {
  if [ "${DECROCHE_DEVICE:-cpu}" = cuda ]; then echo cuda
  elif grep -qw avx512_bf16 /proc/cpuinfo && grep -qw avx512_vbmi /proc/cpuinfo && grep -qw avx512_vnni /proc/cpuinfo; then echo avx512
  else echo avx2; fi
}

llama_folder() { echo "$cache/wheels/llama-$(llama_version)-$(llama_flavour)-$(.venv/bin/python -c 'import sys; print("cp%d%d" % sys.version_info[:2])')"; }

need_llama() { [ "$(cat .venv/.llama-stamp 2>/dev/null)" != "$(llama_folder)" ]; }

install_llama() {
  local folder
  folder=$(llama_folder)
  if ! ls "$folder"/*.whl >/dev/null 2>&1; then
    build_llama "$folder"
  fi
  quietly "$cache/tools/bin/uv" pip install --python .venv/bin/python --no-deps --reinstall "$folder"/*.whl
  echo "$folder" >.venv/.llama-stamp
}

build_llama() {
  local folder=$1 flags="-DGGML_NATIVE=OFF" draft
  case "$(llama_flavour)" in
    avx512) flags="$flags -DGGML_AVX512=ON -DGGML_AVX512_VBMI=ON -DGGML_AVX512_VNNI=ON -DGGML_AVX512_BF16=ON" ;;
    cuda) flags="$flags -DGGML_CUDA=ON" ;;
  esac
  draft=$(mktemp -d "$cache/wheels/.building.XXXXXX")
  say "      building with $flags"
  CMAKE_ARGS="$flags" CMAKE_BUILD_PARALLEL_LEVEL="$(nproc)" with_dots quietly \
    "$cache/tools/bin/python" -m pip wheel --disable-pip-version-check --no-deps --require-hashes \
    -r requirements-llama.lock -w "$draft"
  rm -rf "$folder"
  mv "$draft" "$folder"
}

# with_dots COMMAND…: a sign of life every ten seconds, on a terminal.
with_dots() {
  if [ ! -t 2 ]; then "$@"; return; fi
  local began=$SECONDS
  "$@" &
  local job=$!
  while kill -0 "$job" 2>/dev/null; do
    printf '\r      … %d s' "$((SECONDS - began))" >&2
    sleep 1
  done
  printf '\r' >&2
  wait "$job"
}

# ---- Asterisk and models: the command itself knows how -------------------------------------------------

need_asterisk() { [ ! -x "$cache/asterisk-root/usr/sbin/asterisk" ]; }
install_asterisk() { as_builder .venv/bin/decroche asterisk install; }

# mmdebstrap needs root, or user namespaces; root is the sure way.
as_builder() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else as_root env DECROCHE_CACHE="$cache" "$@"; fi
}

wanted_models() {
  local names
  names=$(sed -e 's/#.*//' scripts/lib/models.txt)
  [ "${1:-}" = "--service" ] && names=$(sed -e '/# tests/d' -e 's/#.*//' scripts/lib/models.txt)
  # shellcheck disable=SC2086  # a list of names
  echo $names
}

need_models() {
  [ -e "$cache/models/.french-voice-sought" ] || return 0
  # shellcheck disable=SC2046  # a list of names
  ! .venv/bin/python -c 'import sys; from store.models import present; sys.exit(not all(map(present, sys.argv[1:])))' \
    $(wanted_models "$@")
}

# A French Piper voice is on the model hub alone: sought once; without it Pico speaks French (doctor says so).
install_models() {
  # shellcheck disable=SC2046
  .venv/bin/decroche models pull $(wanted_models "$@")
  if [ ! -e "$cache/models/.french-voice-sought" ]; then
    .venv/bin/decroche models pull piper-fr-siwis 2>/dev/null ||
      say "      no French Piper voice can be had here: Pico speaks French (decroche models pull piper-fr-siwis)"
    touch "$cache/models/.french-voice-sought"
  fi
}
