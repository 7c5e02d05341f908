# pyright: basic
"""The proof of a call as a PDF for people: French first, the machine's JSON whole at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader


def write(proof: dict[str, Any], out: Path) -> None:
    """Write the PDF of a proof (see `proof.of_call`)."""
    import weasyprint  # slow to load, and only used here

    page = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True).get_template("proof.html")
    html = page.render(proof=proof, whole=json.dumps(proof, ensure_ascii=False, indent=1), seconds=_seconds)
    # the page names no address: whatever does was slipped into it, and is not fetched
    nothing = weasyprint.urls.URLFetcher(allowed_protocols=())
    weasyprint.HTML(string=html, url_fetcher=nothing).write_pdf(out)


def _seconds(ms: int | None) -> str:
    return "non entendu" if ms is None else f"{ms / 1000:.1f} s".replace(".", ",")
