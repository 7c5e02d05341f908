"""What the doctor sees that an attacker would: root's servers, old programs, a foreign cache, doors left open."""

from __future__ import annotations

import grp
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from asterisk_conf import install
from asterisk_conf.program import LEAST, NoAsterisk, numbered, program, version
from store import embedded
from store.base.findings import Finding, fail, ok, warn
from store.base.settings import Settings, loopback
from store.base.unprivileged import SYSTEM_USER

OLD_DAYS = 30
"""An Asterisk fetched longer ago is to be looked after: sid has no security support but the next upload."""


def exposure(of: Settings) -> Iterator[Finding]:
    """Everything below."""
    yield from served_as(of)
    yield from cache(of)
    yield from asterisk_version(of)
    yield from postgres_version(of)
    yield from doors(of)
    yield from settings_file(of)


def served_as(of: Settings) -> Iterator[Finding]:
    """Whose processes face the network: nobody's who is root."""
    from ari_app.service.background import portal, service, worker
    from asterisk_conf.server import Asterisk

    ours = (service(of), portal(of), worker(of)) if (of.home / "run").is_dir() else ()
    running = {
        **{part.name: part.pid() for part in ours},
        "Asterisk": Asterisk(of).pid() if (of.home / "asterisk").is_dir() else None,
    }
    roots = [name for name, pid in running.items() if pid is not None and _owner(pid) == 0]
    if roots:
        mend = "decroche service render --out /etc/systemd/system"
        yield fail("served as", f"{' and '.join(roots)} run as root", mend)
    elif any(running.values()):
        yield ok("served as", "nobody who is root")


def _owner(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return None


def cache(of: Settings) -> Iterator[Finding]:
    """What is run from the cache may be changed by ourselves and root only."""
    if not of.cache.is_dir():
        return
    ours = {0, os.geteuid(), of.home.stat().st_uid if of.home.is_dir() else 0}
    places = [of.cache, *(path for path in of.cache.iterdir() if path.is_dir())]
    bad = [path for path in places if (found := path.stat()).st_uid not in ours or stat.S_IMODE(found.st_mode) & 0o002]
    if bad:
        names = " ".join(map(str, bad[:3]))
        yield fail("cache owner", f"others may change what is run from {names}", f"remove {names}, then scripts/setup")
    else:
        yield ok("cache owner", f"{of.cache}: nobody else may change it")


def asterisk_version(of: Settings, now: datetime | None = None) -> Iterator[Finding]:
    """No hole that is known, and not forgotten."""
    try:
        found = version(program(of))
    except NoAsterisk:
        return  # told elsewhere
    least = ".".join(map(str, LEAST))
    mend = "install a newer one" if of.asterisk.binary else "decroche asterisk upgrade"
    if numbered(found) < LEAST:
        yield fail("asterisk age", f"{found} has known holes: {least} is the least", mend)
        return
    days = None if of.asterisk.binary else install.age_days(of.cache, now or datetime.now(UTC))
    if days is not None and days > OLD_DAYS:
        yield warn("asterisk age", f"{found}, fetched {days} days ago; nothing updates it by itself", mend)
    else:
        fetched = "" if days is None else f"; fetched {days} days ago"
        yield ok("asterisk age", f"{found}, {least} is the least{fetched}")


def postgres_version(of: Settings) -> Iterator[Finding]:
    """The embedded PostgreSQL: no hole that is known."""
    if of.database.url:
        return
    try:
        program_ = embedded.binaries() / "postgres"
    except embedded.EmbeddedFailed:
        return  # told elsewhere
    said = subprocess.run([program_, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    found = re.search(r"[0-9.]+", said)
    if found and numbered(found[0]) >= embedded.LEAST:
        yield ok("postgres age", f"{found[0]}, embedded")
    else:
        least = ".".join(map(str, embedded.LEAST))
        yield fail("postgres age", f"{found[0] if found else said!r} has known holes: {least} is the least",
                   "git pull, then scripts/setup")  # fmt: skip


def doors(of: Settings) -> Iterator[Finding]:
    """Phones in clear beyond this machine, and a trunk that anybody here may claim to be."""
    asterisk = of.asterisk
    if asterisk.phones and not loopback(asterisk.bind) and not asterisk.tls_port:
        yield fail("phones", f"{len(asterisk.phones)} phones register at {asterisk.bind} in clear: who listens, hears",
                   "set asterisk.tls_port, tls_certificate and tls_key, or bind 127.0.0.1")  # fmt: skip
    elif asterisk.phones:
        yield ok("phones", "by TLS" if asterisk.tls_port else "on this machine only")
    near = [peer for peer in asterisk.trunk_peers if loopback(peer)]
    if asterisk.trunk and not loopback(asterisk.trunk) and near:
        yield fail("trunk peers", f"{', '.join(near)}: any user of this machine is the trunk",
                   "set asterisk.trunk_peers to the addresses that the operator's calls come from")  # fmt: skip
    elif asterisk.trunk and not asterisk.trunk_peers:
        yield warn("trunk peers", "none: no call comes in by the trunk", "set asterisk.trunk_peers")


def _servers_group() -> int:
    """The group that root's servers run in; -1: there is none."""
    try:
        return grp.getgrnam(SYSTEM_USER).gr_gid
    except KeyError:
        return -1


def settings_file(of: Settings) -> Iterator[Finding]:
    """A password in decroche.toml is a secret: its file is closed as theirs are."""
    path = Path(os.environ.get("DECROCHE_CONFIG", of.home / "decroche.toml")).expanduser()
    named = [url for url in (of.database.url, of.database.admin_url) if url]
    if not (path.is_file() and named) or "DECROCHE_DATABASE__URL" in os.environ:
        return
    found = path.stat()
    if stat.S_IMODE(found.st_mode) & (0o037 if found.st_gid == _servers_group() else 0o077):
        yield fail("settings file", f"others can read {path}, which names the database", f"chmod 600 {path}")
