"""What every folder's commands share that act for one client: the option that names it, and its transaction."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

if TYPE_CHECKING:
    from store.db import Conn


def tenant_option(what: str) -> Callable[[Any], Any]:
    """`--tenant`, as `slug`. `what` is the client's, as in "ledger"."""
    return click.option("--tenant", "slug", required=True, help=f"Whose {what}: the tenant's short name.")


@contextmanager
def tenant_session(slug: str) -> Generator[tuple[Conn, UUID]]:
    """One transaction as the tenant of that name, and its id. Raises NotFound."""
    from store.setup import open_database
    from store.tenants import tenant_id

    with open_database() as db:
        with db.service() as conn:
            whose = tenant_id(conn, slug)
        with db.tenant(whose) as conn:
            yield conn, whose
