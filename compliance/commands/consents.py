"""`decroche compliance consent`: who agreed to be called, and their withdrawal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from compliance.commands.common import dialled, file_argument, ledger_option, told
from compliance.commands.evidence import file_hash
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option, to_json
from store.base.private import write_private
from store.cli_tenant import tenant_session


@click.group(cls=HouseGroup)
def consent() -> None:
    """Consents: who agreed to be called, about what, how, until when; and their withdrawal.

    \b
    Example: decroche compliance consent show --tenant dentiste +33612345678
    """


@consent.command("add")
@ledger_option
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
    with tenant_session(slug) as (conn, whose):
        made, given = consents.give(conn, whose, fields, datetime.now(UTC), by=typing_now())
    row = {"id": made, "number": given.number, "given_at": given.given_at, "expires_at": given.expires_at}
    emit([row], tuple(row), as_json=as_json)


@consent.command("import")
@ledger_option
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
@ledger_option
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
@ledger_option
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
@ledger_option
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
        text = consents.copy_as_csv(found)
    else:
        text = "".join(f"{to_json(row)}\n" for row in found)
    if out:
        write_private(out, text)
    else:
        click.echo(text, nl=False)
