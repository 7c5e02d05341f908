# pyright: basic
"""Pages of the house: HTML from a template, laid out as PDF/A-3b by WeasyPrint; amounts and days the French way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from billing.documents.parties import in_fours, legal_once
from store.base.errors import Unavailable

_TEMPLATES = Path(__file__).parent / "templates"


def to_pdf(template: str, facts: Mapping[str, Any]) -> bytes:
    """The pages of a template with its facts. Raises Unavailable where the system lacks Pango."""
    return laid_out(to_html(template, facts))


def to_html(template: str, facts: Mapping[str, Any]) -> str:
    """The pages as HTML. `currency` among the facts is the sign of amounts, which are cents."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    sign = "€" if facts["currency"] == "EUR" else facts["currency"]
    ways: dict[str, Any] = {"money": lambda cents: f"{grouped(cents)}\u00a0{sign}", "comma": comma, "day": day,
            "legal_once": legal_once, "in_fours": in_fours}  # fmt: skip
    return templates.get_template(template).render({**ways, **facts})


def laid_out(html: str) -> bytes:
    """HTML as PDF/A-3b. Raises Unavailable where the system lacks Pango."""
    try:
        import weasyprint
    except OSError as error:
        raise Unavailable(
            f"PDF cannot be written: {error}",
            hint="apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core",
        ) from error
    # a page of ours names no address: whatever does was slipped into it, and is not fetched
    page = weasyprint.HTML(string=html, url_fetcher=weasyprint.urls.URLFetcher(allowed_protocols=()))
    made = page.write_pdf(pdf_variant="pdf/a-3b", custom_metadata=True)
    assert made is not None
    return made


def grouped(cents: int) -> str:
    """123456 → « 1 234,56 »."""
    whole = f"{abs(cents) // 100:,}".replace(",", "\u00a0")
    return f"{'-' if cents < 0 else ''}{whole},{abs(cents) % 100:02d}"


def comma(text: str) -> str:
    """A decimal with its comma."""
    return text.replace(".", ",")


def day(of: date | str) -> str:
    """02/11/2026."""
    found = date.fromisoformat(of) if isinstance(of, str) else of
    return found.strftime("%d/%m/%Y")
