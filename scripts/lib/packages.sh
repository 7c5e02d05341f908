# Step 1: Debian packages, of the groups this machine needs (scripts/lib/packages.txt).
# shellcheck shell=bash disable=SC2154  # purpose and cache: scripts/setup

package_groups() {
  echo run
  [ -n "$purpose" ] || echo dev
  if [ -n "${compile:-}" ] || { need_llama && ! have_llama_wheel; }; then echo build; fi
  if [ "$purpose" = --image ]; then echo image; elif need_asterisk; then echo fetch; fi
}

# packages_of GROUP…
packages_of() {
  awk -v groups=" $* " '{ sub(/#.*/, "") } NF == 2 && index(groups, " " $2 " ") { print $1 }' scripts/lib/packages.txt
}

missing_packages() {
  local name
  # shellcheck disable=SC2046  # a list of names
  for name in $(packages_of $(package_groups)); do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || printf '%s ' "$name"
  done
}

need_packages() { [ -n "$(missing_packages)" ]; }

install_packages() {
  local wanted apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120)
  wanted=$(missing_packages)
  wanted=${wanted% }
  if ! command -v apt-get >/dev/null; then
    say "error: this is not Debian; install what these are called here, then run this again: $wanted"
    exit 5
  fi
  say "      apt-get install $wanted"
  become_root "Debian packages" "apt-get install $wanted"
  [ -z "$(dpkg --audit 2>/dev/null)" ] || quietly as_root dpkg --configure -a # an installation was cut
  [ "$purpose" != --image ] || allow_non_free
  case " $wanted " in *" kamailio "*) keep_still kamailio.service ;; esac
  quietly as_root "${apt[@]}" update
  # shellcheck disable=SC2086  # a list of names
  quietly as_root "${apt[@]}" install -y --no-install-recommends $wanted
}

# keep_still UNIT: a package that only tests use must not open a port of the machine's. (`systemctl unmask UNIT` allows it.)
keep_still() {
  [ ! -d /etc/systemd/system ] || [ -e "/etc/systemd/system/$1" ] || as_root ln -s /dev/null "/etc/systemd/system/$1"
}

# The voice Pico is in non-free: the image's sources are told of it, both ways they can be written.
allow_non_free() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [ -f "$file" ] || continue
    as_root sed -i -e '/non-free\( \|$\)/!s/^\(Components: .*\)$/\1 non-free/' \
      -e '/non-free\( \|$\)/!s/^\(deb .* main.*\)$/\1 non-free/' "$file"
  done
}

# slim: leaves out of an image what only building it needed.
slim() {
  # shellcheck disable=SC2046  # a list of names
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get purge -y --auto-remove $(packages_of build)
  as_root apt-get clean
  as_root find /var/lib/apt/lists -mindepth 1 -delete
  [ -n "${KEEP_CACHE:-}" ] || rm -rf "$cache/uv" "$cache/tools" "$cache/wheels"
}
