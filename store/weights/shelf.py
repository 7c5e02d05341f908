"""The models on this machine: `cache/models/NAME/FILE`, looked up, checked, never fetched here."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from store.base.errors import Unavailable
from store.base.settings import settings
from store.weights.entries import Model, ModelFile, Variant, model

STAMP = ".checked"
"""Beside a model's files: which checksum each was found to have, and of which size and age it was then."""
_found: dict[str, list[object]] = {}
"""The same of files that this process has read, for whom the folder cannot be written."""


class ModelMissing(Unavailable):
    """A model is not on this machine."""

    code = "model_missing"
    retryable = False


class ModelDamaged(Unavailable):
    """A model's file is not the one it should be."""

    code = "model_damaged"
    retryable = False


def folder(name: str) -> Path:
    """Where the model called `name` belongs, present or not."""
    return settings().cache / "models" / model(name).name


def present(name: str) -> bool:
    """Every file of one variant is there with its right size (contents: see `path`)."""
    return _variant(model(name)) is not None


def path(name: str) -> Path:
    """The folder of a model that is present, each file what its checksum says. Raises ModelMissing, ModelDamaged.

    What was read once is not read again while its size and times stay (`STAMP`).
    """
    entry = model(name)
    where = folder(name)
    if (variant := _variant(entry)) is not None:
        _hold(where, variant, name)
        return where
    bad = _damaged(entry)
    if bad is not None:
        raise ModelDamaged(f"{where / bad.name} is not {bad.size} bytes long", hint=f"decroche models pull {name}")
    raise ModelMissing(f"model {name} is not in {where}", hint=f"decroche models pull {name}")


def file(name: str, ending: str = "") -> Path:
    """The model's first file whose name ends with `ending`. Raises as `path` does."""
    where = path(name)
    variant = _variant(model(name))
    names = [entry.name for entry in variant.file] if variant else []
    for found in names:
        if found.endswith(ending):
            return where / found
    raise ModelMissing(f"model {name} has no file ending in {ending!r}", hint=f"it has {', '.join(names)}")


def verify(name: str) -> Path:
    """Read every file again and compare checksums. Raises ModelMissing or ModelDamaged naming the file."""
    where = folder(name)
    for file_ in where.glob("*"):
        _found.pop(str(file_), None)
    with suppress(OSError):
        (where / STAMP).unlink(missing_ok=True)
    return path(name)


def _hold(where: Path, variant: Variant, name: str) -> None:
    """Hold each file against its checksum, unless it was found right as it is. Raises ModelDamaged."""
    known, fresh = _stamp(where), False
    for entry in variant.file:
        file_ = where / entry.name
        now = _mark(file_, entry)
        if now in (known.get(entry.name), _found.get(str(file_))):
            continue
        seen = sha256(file_)
        if seen != entry.sha256:
            raise ModelDamaged(
                f"{file_}: SHA-256 is {seen[:12]}…, not {entry.sha256[:12]}…", hint=f"decroche models pull {name}"
            )
        known[entry.name] = _found[str(file_)] = now
        fresh = True
    if fresh:
        draft = where / f"{STAMP}.{os.getpid()}"
        with suppress(OSError):  # a folder of somebody else's: it is read once a process then
            draft.write_text(json.dumps(known))
            draft.replace(where / STAMP)


def _stamp(where: Path) -> dict[str, object]:
    try:
        known = json.loads((where / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return dict(known) if isinstance(known, dict) else {}  # pyright: ignore[reportUnknownArgumentType]


def _mark(file_: Path, entry: ModelFile) -> list[object]:
    """What changes whenever a file does."""
    seen = file_.stat()
    return [entry.sha256, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns]


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _variant(entry: Model) -> Variant | None:
    where = folder(entry.name)
    return next((v for v in entry.variant if all(_sized(where, f) for f in v.file)), None)


def _sized(where: Path, entry: ModelFile) -> bool:
    found = where / entry.name
    return found.is_file() and found.stat().st_size == entry.size


def _damaged(entry: Model) -> ModelFile | None:
    """A file that is there with a size no variant gives it."""
    where = folder(entry.name)
    for variant in entry.variant:
        for candidate in variant.file:
            sizes = {f.size for v in entry.variant for f in v.file if f.name == candidate.name}
            found = where / candidate.name
            if found.is_file() and found.stat().st_size not in sizes:
                return candidate
    return None
