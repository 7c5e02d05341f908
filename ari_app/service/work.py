"""Which part of the house does which job. Each is loaded when the first of its kind comes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pkgutil import resolve_name

from store.base.settings import Settings
from store.work import Handler

ABOVE = ("portal.links.jobs:handlers", "portal.people.letters:handlers")
"""Who does the jobs of the floor above, by name: nothing here imports it."""


@contextmanager
def handlers(of: Settings) -> Generator[dict[str, Handler]]:
    """Kind of job → who does it, while the body runs."""
    from ari_app.desk.after import KIND, Analyst

    above: dict[str, Handler] = {}
    for name in ABOVE:
        above |= resolve_name(name)(of)
    with Analyst(of) as analyst:
        yield {KIND: analyst, **above}
