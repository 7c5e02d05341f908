"""`decroche tenant leave`, beside the store's commands on tenants."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from store import tenants
from store.base.actor import typing_now
from store.base.console import emit, err, json_option, progress
from store.base.settings import settings
from store.cli import tenant
from store.db import Database
from store.setup import open_database

__all__ = ["tenant"]


@tenant.command("leave")
@click.argument("slug")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="The zip to write; with --delete the certificate (PDF), its JSON beside it.")  # fmt: skip
@click.option("--delete", "deleting", is_flag=True, help="Delete what may go, after the end of access.")
@click.option("--unexported", is_flag=True, help="Delete though nothing was handed over.")
@json_option
def leave(slug: str, out: Path, deleting: bool, unexported: bool, as_json: bool) -> None:
    """Hand over all that is a client's; or, as an act of its own, delete what may go (contract, 7.3).

    The zip has calls, transcripts, audio, appointments, messages, contacts, campaigns, agents' files, invoices,
    statement, consents, oppositions, and an index in French and English. It deletes nothing. --delete is refused before
    the end of access; its certificate says what went, what stays, until when and why. Exit status 1 when refused.

    \b
    Example: decroche tenant leave dentiste --out dentiste.zip
      decroche tenant leave dentiste --delete --out certificat.pdf
    """
    with open_database() as db:
        if deleting:
            _delete(db, slug, out, unexported, as_json)
        else:
            _hand_over(db, slug, out, as_json)


def _hand_over(db: Database, slug: str, out: Path, as_json: bool) -> None:
    from ari_app.leaving.handing_over import hand_over

    with db.operator() as conn:
        whose = tenants.get(conn, slug)
    with progress(None, what="handing over") as bar:
        task = bar.task_ids[0]
        done = hand_over(db, settings(), whose, out, datetime.now(UTC), by=typing_now(),
                         tell=lambda part: bar.update(task, description=part))  # fmt: skip
    row = {"tenant": slug, "file": out, "bytes": out.stat().st_size, "holds": done.counts, "missing": done.missing}
    if as_json:
        emit([row], (), as_json=True)
        return
    emit([{"what": what, "count": count} for what, count in done.counts.items()], ("what", "count"), as_json=False)
    for line in done.missing:
        err.print(f"missing: {line}", markup=False)
    err.print(f"written: {out}; nothing was deleted", markup=False)


def _delete(db: Database, slug: str, out: Path, unexported: bool, as_json: bool) -> None:
    from ari_app.leaving import certificate
    from ari_app.leaving.deleting import delete, let_go

    now = datetime.now(UTC)
    with db.operator() as conn:
        done = delete(conn, settings(), tenants.get(conn, slug), now, by=typing_now(), unexported=unexported)
        pdf, beside, sha256 = certificate.write(done, out)  # without it nothing is deleted
    let_go(done.left, settings())
    if as_json:
        emit([certificate.facts(done) | {"file": pdf, "json": beside, "sha256": sha256}], (), as_json=True)
        return
    emit([{"gone": table, "rows": count} for table, count in done.gone.items()], ("gone", "rows"), as_json=False)
    emit([{"kept": k.table, "rows": k.count, "until": k.until, "why": k.why} for k in done.kept],
         ("kept", "rows", "until", "why"), as_json=False)  # fmt: skip
    err.print(f"written: {pdf}, {beside}", markup=False)
