"""Writes Kamailio's files into a folder: whole, or as they were."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from store.base.errors import BadInput, Unavailable, reason

MARK = "# Written by `decroche kamailio render`"


def write(files: Mapping[str, str], out: Path) -> list[Path]:
    """Their paths. They hold no secret (0644). Raises BadInput for a folder with a kamailio.cfg that is not ours."""
    known = out / "kamailio.cfg"
    if known.exists() and MARK not in known.read_text(encoding="utf-8", errors="replace")[:500]:
        raise BadInput(f"{known} was not written by decroche", hint="name a folder of its own with --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            draft = out / f".{name}"
            draft.write_text(text, encoding="utf-8")
            draft.chmod(0o644)
            draft.replace(out / name)
    except OSError as error:
        raise Unavailable(f"{out} cannot be written: {reason(error)}", hint="name another folder with --out") from error
    return sorted(out / name for name in files)
