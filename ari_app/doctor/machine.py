"""What the doctor sees of the machine: Python, libraries, processor, memory, disk, clock, GPU, files' modes."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psutil

from store.base.findings import Finding, fail, ok, warn
from store.base.settings import Settings

PYTHON_FROM, PYTHON_BELOW = (3, 11), (3, 15)
LIBRARIES = {"libpango-1.0.so.0": "libpango-1.0-0", "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
             "libharfbuzz-subset.so.0": "libharfbuzz-subset0"}  # fmt: skip
"""What weasyprint opens to draw an invoice → its Debian package."""
CLOCK_NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
_GB = 1_000_000_000
_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)


def machine(of: Settings) -> Iterator[Finding]:
    """Everything below."""
    yield python()
    yield libraries()
    yield processor()
    yield memory()
    yield from disk(of)
    yield from clock()
    yield gpu(of)
    yield from home(of)
    yield secrets(of)


def python(version: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """The interpreter's version."""
    found = platform.python_version()
    if PYTHON_FROM <= version < PYTHON_BELOW:
        return ok("python", f"{found} ({sys.prefix})")
    return fail("python", f"{found}; 3.{PYTHON_FROM[1]} to 3.{PYTHON_BELOW[1] - 1} are supported",
                "remove .venv, then scripts/setup")  # fmt: skip


def libraries() -> Finding:
    """The shared libraries invoices are drawn with."""
    missing = [package for name, package in LIBRARIES.items() if not _loads(name)]
    if missing:
        return fail("system libraries", f"missing: {', '.join(missing)} (invoices cannot be drawn)",
                    "scripts/setup, or: sudo apt-get install " + " ".join(missing))  # fmt: skip
    return ok("system libraries", "pango and harfbuzz, for invoices")


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def processor() -> Finding:
    """Cores and the vector instructions speech is quick with."""
    cores = len(os.sched_getaffinity(0))
    flags = _cpu_flags()
    wide = [name for name in ("avx2", "avx512f", "asimd") if name in flags]
    detail = f"{cores} cores, {', '.join(wide) or 'neither AVX2 nor NEON'}"
    if not wide:
        return warn("processor", detail, "answers will be slow: use a processor with AVX2, or llm.engine = openai")
    if cores < 2:
        return warn("processor", detail, "2 cores carry one call at a time; give it more")
    return ok("processor", detail)


def _cpu_flags() -> set[str]:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return set(value.split())
    return set()


def memory() -> Finding:
    """What the models and a call need: about 2.5 GB."""
    found = psutil.virtual_memory()
    detail = f"{found.total / _GB:.1f} GB, {found.available / _GB:.1f} GB available"
    if found.total < 3 * _GB:
        return fail("memory", f"{detail}; the default models need 3 GB", "add memory, or set llm.engine = openai")
    if found.available < 1 * _GB:
        return warn("memory", detail, "end other programs, or calls may be slow")
    return ok("memory", detail)


def disk(of: Settings, *, least: int = _GB, good: int = 5 * _GB) -> Iterator[Finding]:
    """Free space where the state and the cache are, in bytes: fail below `least`, warn below `good`."""
    for part, setting, path in (("disk, home", "home", of.home), ("disk, cache", "cache", of.cache)):
        existing = next(folder for folder in (path, *path.parents) if folder.exists())
        free = shutil.disk_usage(existing).free
        detail = f"{free / _GB:.1f} GB free at {path}"
        hint = f"free some space, or set {setting} (DECROCHE_{setting.upper()}) to another disk"
        if free < least:
            yield fail(part, detail, hint)
        elif free < good:
            yield warn(part, detail, hint)
        else:
            yield ok(part, detail)


def clock(now: datetime | None = None) -> Iterator[Finding]:
    """Calling hours are law: the clock must be right and the time zones known."""
    now = now or datetime.now(UTC)
    if now < CLOCK_NOT_BEFORE:
        yield fail("clock", f"{now:%Y-%m-%d} cannot be: the wrong law would apply", "sudo date -s …, then use NTP")
    elif not _synchronised():
        yield warn("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC; the kernel does not know it as synchronised",
                   "sudo apt-get install systemd-timesyncd")  # fmt: skip
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, synchronised")
    try:
        zone = ZoneInfo("Europe/Paris")
        ZoneInfo("Indian/Reunion")
    except ZoneInfoNotFoundError as error:
        yield fail("time zones", f"{error}", "sudo apt-get install tzdata")
    else:
        yield ok("time zones", f"Paris is at {now.astimezone(zone):%H:%M (UTC%z)}")


def _synchronised() -> bool:
    """What adjtimex(2), only asked, says of the kernel's clock."""
    try:
        state: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):
        return True  # not Linux's libc: nothing is known, nothing is claimed
    return state not in (_UNSYNCHRONISED, -1)


def gpu(of: Settings) -> Finding:
    """The device of the settings against what is there."""
    there = gpus()
    names = ", ".join(there)
    if of.device == "cpu":
        if not there:
            return ok("gpu", "none, and device = cpu")
        return ok("gpu", f"{names}, unused: device = cpu (DECROCHE_DEVICE=cuda uses it)")
    if not there:
        return fail("gpu", "device = cuda, and no NVIDIA GPU is here",
                    "set device = cpu (DECROCHE_DEVICE), or install the driver")  # fmt: skip
    if not _llama_knows_cuda():
        return fail("gpu", f"{names}; llama-cpp-python was built without CUDA", "DECROCHE_DEVICE=cuda scripts/setup")
    return ok("gpu", names)


def gpus() -> list[str]:
    """Names of the NVIDIA GPUs this process may use."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        done = subprocess.run([program, "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True,
                              timeout=5, check=False)  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()] if done.returncode == 0 else []


def _llama_knows_cuda() -> bool:
    spec = find_spec("llama_cpp")
    return bool(spec and spec.origin and any(Path(spec.origin).parent.glob("lib/*cuda*")))


def home(of: Settings) -> Iterator[Finding]:
    """Nobody else may write in the home folder, nor read what is in its folders."""
    if not of.home.exists():
        yield ok("home folder", f"{of.home} is made at the first start")
        return
    bad = [path for path in (of.home, *sorted(of.home.iterdir())) if _exposed(path, of.home)]
    if bad:
        names = " ".join(str(path) for path in bad)
        yield fail("home folder", f"open to others: {names}", f"chmod go-rwx {names}")
    else:
        yield ok("home folder", f"{of.home}, private")


def _exposed(path: Path, top: Path) -> bool:
    """The top may be passed through (servers that root starts are another user), as may root's by that user's group."""
    if path.is_symlink() or not path.is_dir():
        return False
    mode = stat.S_IMODE(path.stat().st_mode)
    if path == top:
        return bool(mode & 0o022)
    return bool(mode & (0o067 if path.stat().st_uid == 0 else 0o077))


def secrets(of: Settings) -> Finding:
    """Every secret is a file of ours alone."""
    folder = of.home / "secrets"
    if not folder.is_dir():
        return ok("secrets", "none yet: they are made when first needed")
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        bad = [path for path in found if path.is_symlink() or stat.S_IMODE(path.stat().st_mode) & 0o077]
    except OSError as error:
        return fail("secrets", f"{error}", "run it as the user who owns the home folder")
    if bad:
        names = " ".join(str(path) for path in bad)
        return fail("secrets", f"others can read {', '.join(path.name for path in bad)}",
                    f"chmod 600 {names}, and renew what was exposed")  # fmt: skip
    return ok("secrets", f"{len(found)} files, private")
