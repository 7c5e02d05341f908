"""Reads a Dockerfile as far as ours goes: instructions in order, environment, who runs what."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Image:
    """`steps`: instructions in order, as (word, arguments); the rest is what `docker inspect` would say."""

    base: str
    steps: tuple[tuple[str, str], ...]
    environment: dict[str, str] = field(default_factory=dict[str, str])
    workdir: str = "/"
    user: str = "root"
    health: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    def runs(self) -> list[str]:
        """The shell lines that build it."""
        return [arguments for word, arguments in self.steps if word == "RUN"]


def read(path: Path = ROOT / "Dockerfile") -> Image:
    """The image the file describes. An instruction this does not know is an error: nothing is passed over."""
    text = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    lines = [line.strip() for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line.strip()]
    steps = tuple((word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines))
    unknown = {word for word, _ in steps} - {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE",
                                             "HEALTHCHECK", "CMD"}  # fmt: skip
    assert not unknown, f"{path} has instructions this reader does not know: {unknown}"
    last = dict(steps)
    return Image(
        base=last["FROM"],
        steps=steps,
        environment=dict(re.findall(r"(\w+)=(\S+)", last["ENV"])),
        workdir=last["WORKDIR"],
        user=last["USER"],
        health=tuple(json.loads(last["HEALTHCHECK"].partition("CMD ")[2])),
        command=tuple(json.loads(last["CMD"])),
    )


def ignored(path: Path = ROOT / ".dockerignore") -> set[str]:
    """Names at the top of the tree that are not copied into the image."""
    return {line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()}
