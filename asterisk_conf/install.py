"""Fetches Asterisk: a small Debian root in the cache folder, made with mmdebstrap, never chrooted into.

Debian 12 has no Asterisk and Debian sid has 22; the root brings its own libraries, so that nothing of the
machine changes. The mirror is the one this machine's apt already uses.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from asterisk_conf.program import LEAST, NoAsterisk, in_root, numbered, version
from store.base.errors import Unavailable

SUITE = "sid"
COMPONENTS = "main,non-free"
PACKAGES = (
    "asterisk",
    "asterisk-core-sounds-fr-wav",
    "asterisk-core-sounds-en-wav",
    "libttspico0t64",
    "libttspico-data",
)
"""libttspico, the fallback French voice, is in non-free."""
TAKES_SECONDS = 35
NEEDS_MB = 700
_STEP = re.compile(r"^I: (.+)$")
VALID_SECONDS = 14 * 86400
"""sid's index is vouched for during 7 days: a mirror may be a week late."""
_EXPIRED = re.compile(r"is not valid anymore|is expired|has expired", re.IGNORECASE)
FETCHED = "var/lib/dpkg/status"
"""Written last when a root is made: its time is when it was fetched."""
log = logging.getLogger(__name__)


class InstallFailed(Unavailable):
    """Asterisk could not be fetched."""

    code = "install_failed"


def installed(cache: Path) -> str | None:
    """The version of the Asterisk in the cache, if it runs."""
    try:
        return version(in_root(cache / "asterisk-root"))
    except NoAsterisk:
        return None


def install(cache: Path, tell: Callable[[str], None] = lambda step: None) -> str:
    """Make `cache/asterisk-root` unless a working one is there that is not below LEAST; its version.

    Raises InstallFailed. `tell` is given each step as mmdebstrap names it.
    """
    present = installed(cache)
    return present if present and numbered(present) >= LEAST else fetch(cache, tell)


def new_enough(cache: Path) -> bool:
    """Whether the cache has an Asterisk that runs and is not below LEAST."""
    return numbered(installed(cache) or "") >= LEAST


def age_days(cache: Path, now: datetime) -> int | None:
    """Days since the Asterisk in the cache was fetched; None where there is none."""
    try:
        made = (cache / "asterisk-root" / FETCHED).stat().st_mtime
    except OSError:
        return None
    return (now - datetime.fromtimestamp(made, UTC)).days


def fetch(cache: Path, tell: Callable[[str], None] = lambda step: None) -> str:
    """Make `cache/asterisk-root` anew; its version. Raises InstallFailed, also for one below LEAST or what is there.

    It is built beside and renamed when whole, so that a cut leaves nothing half done, and what runs runs on.
    """
    least = max(LEAST, numbered(installed(cache) or ""))
    cache.mkdir(parents=True, exist_ok=True)
    _check_tools(cache)
    for left in cache.glob(".asterisk-root-*"):
        _remove(left)
    building = Path(tempfile.mkdtemp(prefix=".asterisk-root-", dir=cache))
    try:
        _build_fresh(building / "root", tell)
        found = version(in_root(building / "root"))
        if numbered(found) < least:
            raise InstallFailed(
                f"the mirror has Asterisk {found}; {'.'.join(map(str, least))} is the least that is taken",
                hint="the mirror is old, or somebody plays an old index again: use another (apt's sources)",
            )
        target = cache / "asterisk-root"
        if target.is_symlink():
            target.unlink()
        elif target.exists():
            target.rename(building / "before")
        (building / "root").rename(target)
    except NoAsterisk as error:
        raise InstallFailed(f"the fetched Asterisk does not run: {error}") from error
    finally:
        _remove(building)
    return found


def _build_fresh(root: Path, tell: Callable[[str], None]) -> None:
    """From an index that its archive still vouches for; else, said, from an older one: LEAST then holds alone."""
    try:
        _build(root, tell, f"Acquire::Min-ValidTime {VALID_SECONDS}")
    except InstallFailed as error:
        if not _EXPIRED.search(str(error)):
            raise
        log.warning("the mirror's index has expired: %s", error)
        tell("the mirror's index has expired; what it holds is taken if it is new enough")
        _remove(root)
        _build(root, tell, "Acquire::Check-Valid-Until false")


def _build(root: Path, tell: Callable[[str], None], validity: str) -> None:
    command = [
        "mmdebstrap",
        f"--mode={'root' if os.geteuid() == 0 else 'unshare'}",
        "--variant=minbase",
        f"--components={COMPONENTS}",
        f"--include={','.join(PACKAGES)}",
        f"--aptopt={validity}",
        "--aptopt=APT::Install-Recommends false",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--format=directory",
        SUITE,
        str(root),
        mirror(),
    ]
    last: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            last = [*last[-5:], line.strip()]
            if step := _STEP.match(line.strip()):
                tell(step[1])
    if process.returncode:
        raise InstallFailed(
            f"mmdebstrap ended with {process.returncode}: {' / '.join(last)[-400:]}",
            hint="check the network and apt's sources, then run it again",
        )


def mirror() -> str:
    """The Debian mirror apt uses on this machine. Raises InstallFailed when it has none."""
    try:
        done = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise InstallFailed(
            f"apt does not say which mirror it uses: {error}",
            hint="install Asterisk ≥ 22 with chan_websocket yourself and set asterisk.binary",
        ) from error
    return choose_mirror(done.stdout.splitlines())


def choose_mirror(targets: Iterable[str]) -> str:
    """The first general Debian archive among `ORIGIN URI` lines; a security archive has no sid."""
    for line in targets:
        origin, _, uri = line.partition(" ")
        if origin == "Debian" and uri and "security" not in uri:
            return uri.strip()
    raise InstallFailed(
        "apt knows no Debian mirror",
        hint="install Asterisk ≥ 22 with chan_websocket yourself and set asterisk.binary",
    )


def _check_tools(cache: Path) -> None:
    if shutil.which("mmdebstrap") is None:
        raise InstallFailed("mmdebstrap is missing", hint="sudo apt-get install mmdebstrap, then again")
    free = shutil.disk_usage(cache).free // 1_000_000
    if free < NEEDS_MB:
        raise InstallFailed(f"{cache} has {free} MB free, {NEEDS_MB} are needed", hint="free some space")


def _remove(path: Path) -> None:
    """A folder or a link. Files a user namespace made may need that namespace to be removed."""
    if path.is_symlink():
        path.unlink()
        return
    shutil.rmtree(path, ignore_errors=True)
    if path.exists() and shutil.which("unshare"):
        subprocess.run(["unshare", "--map-auto", "--map-root-user", "rm", "-rf", str(path)], check=False)
