"""An invoice's Factur-X file made in a process of its own: laying out pages holds Python up, and calls must not wait.

`python -m billing.render` takes the document as JSON on standard input and writes the PDF to standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from billing.invoice import Invoice, restored
from store.console import to_json
from store.errors import Unavailable

SECONDS = 60.0


def pdf_apart(invoice: Invoice) -> bytes:
    """The file's bytes, as `invoice_pdf.to_pdf` makes them. Raises Unavailable."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "billing.render"], input=to_json(invoice.plain()).encode(), capture_output=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"the PDF of {invoice.number} could not be made: {error}") from error
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unavailable(
            f"the PDF of {invoice.number} could not be made: {told[-1] if told else done.returncode}",
            hint=f"decroche billing invoice pdf {invoice.number}",
        )
    return done.stdout


def _main() -> None:
    from billing.invoice_pdf import to_pdf

    os.nice(10)
    sys.stdout.buffer.write(to_pdf(restored(json.load(sys.stdin))))


if __name__ == "__main__":
    _main()
