"""Where Asterisk's program is, and how it is started: the cache's own Debian root, or the machine's."""

from __future__ import annotations

import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from store.base.errors import Unavailable
from store.base.settings import Settings

OLDEST = 22
"""The first major version with what we need: chan_websocket with JSON control."""

LEAST = (22, 10, 1)
"""The oldest Asterisk without a known hole: raised with each advisory of Asterisk's. What is fetched is no older,
whatever index of Debian's somebody plays again."""


class NoAsterisk(Unavailable):
    """There is no usable Asterisk on this machine."""

    code = "no_asterisk"
    retryable = False


@dataclass(frozen=True, slots=True)
class Program:
    """`command` starts Asterisk; `modules` and `data` are its module and data folders."""

    command: tuple[str, ...]
    modules: Path
    data: Path


def program(config: Settings) -> Program:
    """The Asterisk the settings point at. Raises NoAsterisk saying what to type."""
    if config.asterisk.binary:
        return _system(Path(config.asterisk.binary))
    return in_root(config.cache / "asterisk-root")


def in_root(root: Path) -> Program:
    """Asterisk inside a Debian root, run without chroot: its own loader finds its own libraries."""
    root = root.resolve()
    triplet = f"{platform.machine()}-linux-gnu"
    libraries = root / "usr/lib" / triplet
    loaders = [*libraries.glob("ld-linux-*.so.*"), *(root / "lib64").glob("ld-linux-*.so.*")]
    binary = root / "usr/sbin/asterisk"
    if not binary.exists() or not loaders:
        raise NoAsterisk(f"no Asterisk in {root}", hint="decroche asterisk install")
    return Program(
        (str(loaders[0]), "--library-path", str(libraries), str(binary)),
        libraries / "asterisk/modules",
        root / "usr/share/asterisk",
    )


def _system(binary: Path) -> Program:
    folders = [Path("/usr/lib") / f"{platform.machine()}-linux-gnu" / "asterisk/modules",
               Path("/usr/lib/asterisk/modules"), Path("/usr/lib64/asterisk/modules")]  # fmt: skip
    modules = next((folder for folder in folders if (folder / "chan_websocket.so").exists()), None)
    data = next((d for d in (Path("/usr/share/asterisk"), Path("/var/lib/asterisk"))
                 if (d / "documentation").exists()), None)  # fmt: skip
    if not binary.exists() or modules is None or data is None:
        raise NoAsterisk(
            f"{binary} is not an Asterisk with chan_websocket",
            hint="empty asterisk.binary to use the cache's, after: decroche asterisk install",
        )
    found = Program((str(binary),), modules, data)
    major = re.search(r"\d+", version(found))
    if not major or int(major[0]) < OLDEST:
        raise NoAsterisk(f"{binary} is older than Asterisk {OLDEST}", hint="decroche asterisk install")
    return found


def numbered(text: str) -> tuple[int, ...]:
    """A version to compare: "22.10.1" → (22, 10, 1)."""
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def version(found: Program) -> str:
    """What `asterisk -V` says, such as `22.10.1`. Raises NoAsterisk when it does not run."""
    done = subprocess.run([*found.command, "-V"], capture_output=True, text=True, timeout=20, check=False)
    match = re.search(r"Asterisk ([0-9.]+)", done.stdout)
    if done.returncode or not match:
        raise NoAsterisk(f"{found.command[-1]} does not run: {done.stderr.strip()[:200]}", hint="decroche doctor")
    return match[1]
