"""The certificate of a deletion: what went, what stays, until when and why; JSON, and a PDF that names its hash."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

from ari_app.leaving.contents import kind_of
from ari_app.leaving.deleting import Deleted
from billing.documents.render import html_apart
from billing.plans.subscription import PARIS
from store.base.console import to_json
from store.base.private import write_private


def facts(of: Deleted) -> dict[str, Any]:
    """The certificate as plain JSON."""
    return {
        "client": of.tenant.slug,
        "name": of.tenant.name,
        "deleted_at": of.at,
        "by": of.by,
        "access": of.access_ended,
        "exported_at": of.exported_at,
        "recordings_deleted": len(of.left.sounds),
        "secrets_deleted": len(of.left.secrets),
        "deleted": [{"what": table, "rows": count} for table, count in sorted(of.gone.items())],
        "kept": [{"what": k.table, "rows": k.count, "until": k.until, "why": k.why} for k in of.kept],
        "backups": "earlier ones are encrypted and go in their turn; one restored loses again what was deleted",
    }


def write(of: Deleted, pdf: Path) -> tuple[Path, Path, str]:
    """Write the PDF and, beside it, the JSON; (PDF, JSON, the JSON's SHA-256)."""
    text = to_json(facts(of)) + "\n"
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    beside = pdf.with_suffix(".json")
    write_private(beside, text)
    write_private(pdf, html_apart("the certificate", page(of, sha256), seconds=900))
    return pdf, beside, sha256


def page(of: Deleted, sha256: str) -> str:
    """The certificate as HTML, French first."""
    from jinja2 import Environment, FileSystemLoader

    here = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    return here.get_template("certificate.html").render(
        of=of, sha256=sha256, at=f"{of.at.astimezone(PARIS):%d/%m/%Y %H:%M}", day=_day,
        exported=f"{of.exported_at.astimezone(PARIS):%d/%m/%Y}" if of.exported_at else "",
        gone=[(*kind_of(table), count) for table, count in sorted(of.gone.items())],
        kept=[(*kind_of(k.table), k) for k in of.kept],
    )  # fmt: skip


def _day(of: date | None) -> str:
    return f"{of:%d/%m/%Y}" if of else "—"
