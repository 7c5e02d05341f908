"""The commands over the ledgers of consents, oppositions and Bloctel's answers."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from compliance.commands.evidence import file_hash
from store.base import spreadsheet
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option, to_json
from store.base.errors import BadInput
from store.base.private import write_private

if TYPE_CHECKING:
    from compliance.ledgers.tabular import Report
    from store.db import Conn

tenant_option = click.option("--tenant", "slug", required=True, help="Whose ledger: the tenant's short name.")
file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
SOME_BAD = 3


@contextmanager
def tenant_session(slug: str) -> Generator[tuple[Conn, UUID]]:
    """One transaction as the tenant of that name, and its id. Raises NotFound."""
    from store.db import open_database
    from store.tenants import tenant_id

    with open_database() as db:
        with db.service() as conn:
            whose = tenant_id(conn, slug)
        with db.tenant(whose) as conn:
            yield conn, whose


def told(ctx: click.Context, report: Report, as_json: bool) -> None:
    """Print what became of a file; exit status 3 when rows were bad."""
    from store.base.console import err

    for bad in report.bad:
        if as_json:
            click.echo(to_json({"error": bad}))
        else:
            err.print(f"line {bad['line']}: {bad['field']}: {bad['message']}", markup=False)
    emit([report.as_json()], ("taken", "known", "bad"), as_json=as_json)
    if report.bad:
        ctx.exit(SOME_BAD)


def dialled(text: str) -> str:
    """The number as the ledgers keep it. Raises BadInput."""
    from compliance.ledgers.tabular import number

    return number({"number": text})


@click.group(cls=HouseGroup)
def consent() -> None:
    """Consents: who agreed to be called, about what, how, until when; and their withdrawal.

    \b
    Example: decroche compliance consent show --tenant dentiste +33612345678
    """


@consent.command("add")
@tenant_option
@click.option("--number", required=True, help="The person's number.")
@click.option("--professional", required=True, help="Who may call, as the agents say it.")
@click.option("--third-party", default="", help="Others who may, or on whose behalf; ; between them.")
@click.option("--goods", required=True, help="About which goods or services.")
@click.option("--how", required=True, type=click.Choice(["form", "voice", "paper"]), help="How it was given.")
@click.option("--wording", required=True, help="The exact words agreed to.")
@click.option("--evidence", required=True, help="File, recording and offset, address, IP.")
@click.option("--evidence-hash", default="", help="Its SHA-256; computed where the evidence is a file.")
@click.option("--given-at", required=True, help="2026-09-01T09:00+02:00; without offset, Paris time.")
@click.option("--expires-at", default="", help="At most a year later, which is the default.")
@click.option("--agreed-from", default="", help="A time precisely agreed to: its beginning …")
@click.option("--agreed-to", default="", help="… and its end.")
@click.option("--person", default="", help="The person's name.")
@json_option
def consent_add(slug: str, as_json: bool, **fields: str) -> None:
    """Write a consent with its proof.

    \b
    Example:
      decroche compliance consent add --tenant dentiste --number 0612345678 --professional "Cabinet
        Molaire" --goods soins --how form --wording "J'accepte d'être appelé" --evidence form.pdf
        --given-at 2026-09-01T09:00+02:00
    """
    from compliance.ledgers import consents

    fields["evidence_hash"] = fields["evidence_hash"] or file_hash(fields["evidence"])
    given = consents.read(fields, datetime.now(UTC))
    with tenant_session(slug) as (conn, whose):
        made = consents.add(conn, whose, given, by=typing_now())
        if made is None:
            raise BadInput("given_at: this consent is in the ledger already")
    row = {"id": made, "number": given.number, "given_at": given.given_at, "expires_at": given.expires_at}
    emit([row], tuple(row), as_json=as_json)


@consent.command("import")
@tenant_option
@file_argument
@json_option
@click.pass_context
def consent_import(ctx: click.Context, slug: str, file: Path, as_json: bool) -> None:
    """Take in the consents of a CSV (any Excel's); bad rows are told by line and field, good ones kept.

    Exit status: 0 all rows were good, 3 some were bad, 2 the file is no such table (nothing is written).

    \b
    Columns: number, professional, goods, how, wording, evidence, given_at; and person, third_party,
    evidence_hash, expires_at, agreed_from, agreed_to. French names are understood.
    \b
    Example: decroche compliance consent import --tenant dentiste consents.csv
    """
    from compliance.ledgers import consents

    with tenant_session(slug) as (conn, whose):
        report = consents.load(conn, whose, file, datetime.now(UTC), by=typing_now())
    told(ctx, report, as_json)


@consent.command("revoke")
@tenant_option
@click.argument("number")
@click.option("--how", default="asked", show_default=True, help="How the person withdrew.")
@json_option
def consent_revoke(slug: str, number: str, how: str, as_json: bool) -> None:
    """Withdraw every consent of NUMBER, from this instant.

    \b
    Example: decroche compliance consent revoke --tenant dentiste 0612345678 --how letter
    """
    from compliance.ledgers import consents

    e164 = dialled(number)
    with tenant_session(slug) as (conn, whose):
        done = consents.revoke(conn, whose, e164, how, datetime.now(UTC), by=typing_now())
    emit([{"number": e164, "withdrawn": done}], ("number", "withdrawn"), as_json=as_json)


@consent.command("show")
@tenant_option
@click.argument("number")
@json_option
def consent_show(slug: str, number: str, as_json: bool) -> None:
    """Show the consents of NUMBER, newest first.

    \b
    Example: decroche compliance consent show --tenant dentiste 0612345678
    """
    from compliance.ledgers import consents

    with tenant_session(slug) as (conn, _):
        found = consents.of(conn, dialled(number))
    emit(found, ("given_at", "goods", "how", "expires_at", "withdrawn_at"), as_json=as_json, empty="no consent")


@consent.command("export")
@tenant_option
@click.argument("number")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A .csv or .json file; else JSON.")
def consent_export(slug: str, number: str, out: Path | None) -> None:
    """The person's free copy of what they agreed to, with its evidence (C. conso R223-2).

    \b
    Example: decroche compliance consent export --tenant dentiste 0612345678 --out copy.csv
    """
    from compliance.ledgers import consents

    with tenant_session(slug) as (conn, whose):
        found = consents.copied(conn, whose, dialled(number), by=typing_now())
    if out and out.suffix == ".csv":
        text = spreadsheet.written(found, list(found[0]) if found else ["number"])
    else:
        text = "".join(f"{to_json(row)}\n" for row in found)
    if out:
        write_private(out, text)
    else:
        click.echo(text, nl=False)


@click.group(cls=HouseGroup)
def opposition() -> None:
    """Oppositions: who must not be called, for ever; of one tenant, or of all of them.

    \b
    Example: decroche compliance opposition add --tenant dentiste 0612345678 --how letter
    """


@contextmanager
def _whose(slug: str | None, everybody: bool) -> Generator[tuple[Conn, UUID | None]]:
    if bool(slug) == everybody:
        raise click.UsageError("give --tenant NAME, or --all-tenants")
    if slug:
        with tenant_session(slug) as found:
            yield found
    else:
        from store.db import open_database

        with open_database() as db, db.operator() as conn:
            yield conn, None


whose_options = (
    click.option("--tenant", "slug", help="Of this tenant."),
    click.option("--all-tenants", "everybody", is_flag=True, help="Operator-wide: binds every tenant."),
)


@opposition.command("add")
@whose_options[0]
@whose_options[1]
@click.argument("number")
@click.option("--how", default="letter", show_default=True, help="How the person said so: letter, web …")
@json_option
def opposition_add(slug: str | None, everybody: bool, number: str, how: str, as_json: bool) -> None:
    """NUMBER must not be called any more, from this instant; its consents are withdrawn.

    \b
    Example: decroche compliance opposition add --tenant dentiste 0612345678 --how web
    """
    from compliance.ledgers import oppositions

    e164, now = dialled(number), datetime.now(UTC)
    with _whose(slug, everybody) as (conn, whose):
        oppositions.oppose(conn, whose, e164, how, now, by=typing_now())
    emit([{"number": e164, "opposed_at": now, "how": how}], ("number", "opposed_at", "how"), as_json=as_json)


@opposition.command("import")
@whose_options[0]
@whose_options[1]
@file_argument
@json_option
@click.pass_context
def opposition_import(ctx: click.Context, slug: str | None, everybody: bool, file: Path, as_json: bool) -> None:
    """Take in a list of numbers (CSV; columns number and, where known, opposed_at).

    Exit status: 0 all rows were good, 3 some were bad, 2 the file is no such table (nothing is written).

    \b
    Example: decroche compliance opposition import --tenant dentiste list.csv
    """
    from compliance.ledgers import oppositions

    with _whose(slug, everybody) as (conn, whose):
        report = oppositions.load(conn, whose, file, datetime.now(UTC), by=typing_now())
    told(ctx, report, as_json)


@opposition.command("show")
@whose_options[0]
@whose_options[1]
@click.argument("number")
@json_option
def opposition_show(slug: str | None, everybody: bool, number: str, as_json: bool) -> None:
    """Show the oppositions of NUMBER.

    \b
    Example: decroche compliance opposition show --tenant dentiste 0612345678
    """
    from compliance.ledgers import oppositions

    with _whose(slug, everybody) as (conn, _):
        found = oppositions.of(conn, dialled(number))
    emit(found, ("number", "opposed_at", "how", "source"), as_json=as_json, empty="no opposition")


@click.group(cls=HouseGroup)
def bloctel() -> None:
    """Bloctel's exchange files, kept for audits of calls before 11 August 2026.

    \b
    Example: decroche compliance bloctel export --tenant dentiste contacts.csv --out bloctel.csv
    """


@bloctel.command("export")
@tenant_option
@file_argument
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The exchange file to write."
)
@click.option("--at", "at", default="", help="When it is submitted (default: now).")
@json_option
@click.pass_context
def bloctel_export(ctx: click.Context, slug: str, file: Path, out: Path, at: str, as_json: bool) -> None:
    """Write the exchange file of a list of contacts, and note its submission.

    Exit status: 0 all rows were good, 3 some were bad and left out, 2 the file is no such table.

    \b
    Example: decroche compliance bloctel export --tenant dentiste contacts.csv --out bloctel.csv
    """
    from compliance.ledgers import bloctel as exchange
    from compliance.ledgers.tabular import instant

    when = instant({"at": at}, "at") or datetime.now(UTC)
    with tenant_session(slug) as (conn, whose):
        _, report = exchange.submit(conn, whose, file, out, when, by=typing_now())
    told(ctx, report, as_json)


@bloctel.command("import")
@tenant_option
@file_argument
@click.option("--submission", type=click.UUID, help="Which one it answers (default: the newest unanswered).")
@click.option("--at", "at", default="", help="When it was answered (default: now).")
@json_option
def bloctel_import(slug: str, file: Path, submission: UUID | None, at: str, as_json: bool) -> None:
    """Take in the answer to a submission; a partial one is refused whole (exit status 2).

    \b
    Example: decroche compliance bloctel import --tenant dentiste answer.csv
    """
    from compliance.ledgers import bloctel as exchange
    from compliance.ledgers.tabular import instant

    when = instant({"at": at}, "at") or datetime.now(UTC)
    with tenant_session(slug) as (conn, whose):
        found = exchange.answer(conn, whose, file, submission, when, by=typing_now())
    emit([found], ("file", "clear", "listed"), as_json=as_json)


@bloctel.command("list")
@tenant_option
@json_option
def bloctel_list(slug: str, as_json: bool) -> None:
    """The submissions and their answers, newest first.

    \b
    Example: decroche compliance bloctel list --tenant dentiste
    """
    from compliance.ledgers import bloctel as exchange

    with tenant_session(slug) as (conn, _):
        found = exchange.listed(conn)
    emit(found, ("id", "submitted_at", "numbers", "answered_at", "listed"), as_json=as_json, empty="no submission")
