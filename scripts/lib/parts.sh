# Steps 4 and 5: Asterisk and the models. The command itself knows how.
# shellcheck shell=bash disable=SC2154  # purpose and cache: scripts/setup

need_asterisk() {
  [ -z "${DECROCHE_ASTERISK__BINARY:-}" ] && [ "$purpose" != --image ] || return 1
  [ -x "$cache/asterisk-root/usr/sbin/asterisk" ] || return 0
  [ -x .venv/bin/python ] || return 1
  ! .venv/bin/python -c 'import sys; from pathlib import Path; from asterisk_conf.install import new_enough
sys.exit(not new_enough(Path(sys.argv[1])))' "$cache"
}

# mmdebstrap needs root, or user namespaces: root is the sure way. What root makes is the user's in the end.
install_asterisk() {
  local install=(.venv/bin/decroche asterisk install)
  if [ "$(id -u)" -eq 0 ] || ! command -v sudo >/dev/null; then
    "${install[@]}"
  else
    become_root "making the folder Asterisk lives in" "scripts/setup with DECROCHE_CACHE=$cache"
    as_root env DECROCHE_CACHE="$cache" DECROCHE_HOME="$cache/.nowhere" PYTHONDONTWRITEBYTECODE=1 "${install[@]}"
    as_root chown -R "$(id -u):$(id -g)" "$cache/asterisk-root"
  fi
}

# A model a line; those marked "tests" only the tests need.
wanted_models() {
  if [ "$purpose" = --service ]; then
    sed -e '/# tests/d' -e 's/#.*//' scripts/lib/models.txt
  else
    sed -e 's/#.*//' scripts/lib/models.txt
  fi
}

need_models() {
  [ "$purpose" != --image ] || return 1
  [ -e "$cache/models/.french-voices-sought" ] || return 0
  # shellcheck disable=SC2046  # a list of names
  ! .venv/bin/python -c 'import sys; from store.weights import present; sys.exit(not all(map(present, sys.argv[1:])))' \
    $(wanted_models)
}

# A French Piper voice is on the model hub alone: sought once; without it Kokoro or Pico speaks (doctor says which).
install_models() {
  # shellcheck disable=SC2046  # a list of names
  .venv/bin/decroche models pull $(wanted_models)
  if [ ! -e "$cache/models/.french-voices-sought" ]; then
    .venv/bin/decroche models pull piper-fr-siwis 2>/dev/null ||
      .venv/bin/decroche models pull kokoro-fr-siwis 2>/dev/null ||
      say "      no French Piper or Kokoro voice can be had here: Pico speaks French (decroche models pull piper-fr-siwis)"
    touch "$cache/models/.french-voices-sought"
  fi
}
