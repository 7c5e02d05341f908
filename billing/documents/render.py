"""PDFs made in a process of their own: laying out pages holds Python up, and calls must not wait.

`python -m billing.render` takes the document as JSON on standard input and writes the PDF to standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from billing.documents.invoice import Invoice, restored
from store.base.console import to_json
from store.base.errors import Unavailable
from store.base.unprivileged import environment

SECONDS = 60.0


def pdf_apart(invoice: Invoice, *, seconds: float = SECONDS) -> bytes:
    """The file's bytes, as `invoice_pdf.to_pdf` makes them, within so many seconds. Raises Unavailable."""
    return _apart(invoice.number, {"invoice": invoice.plain()}, seconds)


def pages_apart(template: str, facts: Mapping[str, Any], *, seconds: float = SECONDS) -> bytes:
    """The file's bytes, as `pages.to_pdf` makes them. Raises Unavailable."""
    return _apart(str(facts["title"]), {"template": template, "facts": facts}, seconds)


def html_apart(name: str, html: str, *, seconds: float = SECONDS) -> bytes:
    """The file's bytes, as `pages.laid_out` makes them of a page that is written already. Raises Unavailable."""
    return _apart(name, {"html": html}, seconds)


def _apart(name: str, what: Mapping[str, Any], seconds: float) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "billing.documents.render"], input=to_json(what).encode(), capture_output=True,
            timeout=seconds, check=False, env=environment("PYTHON", "HOME", "XDG_"),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"the PDF of {name} could not be made: {error}") from error
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unavailable(
            f"the PDF of {name} could not be made: {told[-1] if told else done.returncode}",
            hint="make it by hand to see why: decroche billing invoice pdf, or debit-note pdf",
        )
    return done.stdout


def _main() -> None:
    os.nice(10)
    what = json.load(sys.stdin)
    if "invoice" in what:
        from billing.documents.invoice_pdf import to_pdf

        made = to_pdf(restored(what["invoice"]))
    elif "html" in what:
        from billing.documents import pages

        made = pages.laid_out(what["html"])
    else:
        from billing.documents import pages

        made = pages.to_pdf(what["template"], what["facts"])
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    _main()
