"""Fetches Asterisk: a small Debian root in the cache folder, made with mmdebstrap, never chrooted into.

Debian 12 has no Asterisk and Debian sid has 22; the root brings its own libraries, so that nothing of the
machine changes. The mirror is the one this machine's apt already uses.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from asterisk_conf.program import NoAsterisk, in_root, version
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
    """Make `cache/asterisk-root` unless a working one is there; the version. Raises InstallFailed.

    It is built beside and renamed when whole, so that a cut leaves nothing half done. `tell` is given
    each step as mmdebstrap names it.
    """
    present = installed(cache)
    if present:
        return present
    cache.mkdir(parents=True, exist_ok=True)
    _check_tools(cache)
    for left in cache.glob(".asterisk-root-*"):
        _remove(left)
    building = Path(tempfile.mkdtemp(prefix=".asterisk-root-", dir=cache))
    try:
        _build(building / "root", tell)
        found = version(in_root(building / "root"))
        target = cache / "asterisk-root"
        if target.is_symlink() or target.exists():
            _remove(target)
        (building / "root").rename(target)
    except NoAsterisk as error:
        raise InstallFailed(f"the fetched Asterisk does not run: {error}") from error
    finally:
        _remove(building)
    return found


def _build(root: Path, tell: Callable[[str], None]) -> None:
    command = [
        "mmdebstrap",
        f"--mode={'root' if os.geteuid() == 0 else 'unshare'}",
        "--variant=minbase",
        f"--components={COMPONENTS}",
        f"--include={','.join(PACKAGES)}",
        "--aptopt=Acquire::Check-Valid-Until false",  # sid's Release may look expired on a slow mirror
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
