"""The commands that prove: `audit` of a call, `verify` of the chains of decisions."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from store.base.actor import typing_now
from store.base.console import emit, json_option
from store.base.errors import DecrocheError
from store.base.private import private_file, write_private
from store.cli_tenant import tenant_session

if TYPE_CHECKING:
    from store.db import Conn


class ChainBroken(DecrocheError):
    """The decisions have been tampered with."""

    code = "decisions_broken"
    exit_status = 1


@click.command()
@click.option("--call", "call_id", required=True, type=click.UUID, help="The call's id.")
@click.option("--tenant", "slug", help="Whose call it is, for those who may see one tenant only.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the JSON there.")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write a PDF there too.")
def audit(call_id: UUID, slug: str | None, out: Path | None, pdf: Path | None) -> None:
    """Why a call was placed, and that the person was told of the AI, the identity and the recording.

    Exit status: 0 written or printed (JSON), 4 no such call.

    \b
    Example:
      decroche compliance audit --call 019ab0c2-… --out proof.json --pdf proof.pdf
    """
    from compliance.ledgers import proof

    with _session(call_id, slug) as (conn, whose):
        found = proof.shown(conn, whose, call_id, datetime.now(UTC), by=typing_now())
    text = json.dumps(found, ensure_ascii=False, indent=2)
    if out:
        write_private(out, text + "\n")
    else:
        click.echo(text)
    if pdf:
        from compliance.ledgers.proof_pdf import write

        with private_file(pdf) as draft:
            write(found, draft)


@contextmanager
def _session(call_id: UUID, slug: str | None) -> Generator[tuple[Conn, UUID]]:
    """A session of the call's tenant: the one named, else looked for by the operator."""
    if slug:
        with tenant_session(slug) as found:
            yield found
        return
    from compliance.ledgers import proof
    from store.setup import open_database

    with open_database() as db:
        with db.operator() as conn:
            whose = proof.tenant_of(conn, call_id)
        with db.tenant(whose) as conn:
            yield conn, whose


@click.command()
@json_option
def verify(as_json: bool) -> None:
    """Check every tenant's chain of decisions: a row changed, removed or inserted; exit status 1 then.

    \b
    Example: decroche compliance verify --json
    """
    from compliance.ledgers import proof
    from store.base.settings import settings
    from store.setup import open_database

    folder = settings().folder()
    anchors = proof.read_anchors(folder)
    rows: list[dict[str, Any]] = []
    with open_database() as db, db.operator() as conn:
        for tenant_id in sorted({*proof.chains(conn), *anchors}):
            count, end, faults = proof.verify(conn, tenant_id, anchors.get(tenant_id, []))
            if not faults:
                proof.note_anchor(folder, tenant_id, end)
            what = [fault.what for fault in faults]
            rows.append({"tenant": tenant_id, "decisions": count, "intact": not faults, "faults": what})
    emit(rows, ("tenant", "decisions", "intact", "faults"), as_json=as_json, empty="no decision yet")
    broken = sum(len(row["faults"]) for row in rows)
    if broken:
        raise ChainBroken(
            f"the decisions are broken in {broken} place{'s' if broken > 1 else ''}",
            hint="keep the database as it is, and compare it with a backup",
        )
