"""`decroche privacy declare|agree|declared`: sensitive data in a client's calls (contract, 6.2 f)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import click

from compliance.commands.common import ledger_option
from compliance.commands.tenants import operator_session
from store.base.actor import typing_now
from store.base.console import emit, json_option

if TYPE_CHECKING:
    from compliance.people.declarations import Standing

_COLUMNS = ("tenant", "state", "declared", "agreement")
_SAID = ("said", "reference", "said_by", "said_at")


@click.command()
@ledger_option
@click.option("--sensitive", type=click.Choice(("yes", "no")), required=True,
              help="Whether calls hold health, social or judicial data, or professional secrets.")  # fmt: skip
@click.option("--reference", required=True, help="Where the client declared it: the signed quote, a letter.")
@json_option
def declare(slug: str, sensitive: Literal["yes", "no"], reference: str, as_json: bool) -> None:
    """Write down what a client declared in writing of sensitive data. Without a declaration no agent goes live.

    \b
    Example: decroche privacy declare --tenant dentiste --sensitive no --reference "devis 2026-17"
    """
    from compliance.people import declarations

    with operator_session(slug) as (conn, whose):
        done = declarations.declare(conn, whose, sensitive=sensitive == "yes", reference=reference, by=typing_now(),
                                    now=datetime.now(UTC))  # fmt: skip
    _told(slug, done, as_json)


@click.command()
@ledger_option
@click.option("--reference", required=True, help="The written agreement: an amendment, or why it ends.")
@click.option("--withdraw", is_flag=True, help="There is none any more.")
@json_option
def agree(slug: str, reference: str, withdraw: bool, as_json: bool) -> None:
    """The operator's express agreement, in writing, to a client's sensitive data; without it no agent goes live.

    \b
    Example: decroche privacy agree --tenant dentiste --reference "avenant 2026-4"
    """
    from compliance.people import declarations

    with operator_session(slug) as (conn, whose):
        done = declarations.agree(conn, whose, agreed=not withdraw, reference=reference, by=typing_now(),
                                  now=datetime.now(UTC))  # fmt: skip
    _told(slug, done, as_json)


@click.command()
@ledger_option
@json_option
def declared(slug: str, as_json: bool) -> None:
    """All that a client declared of sensitive data, and what was agreed to, the oldest first.

    \b
    Example: decroche privacy declared --tenant dentiste
    """
    from compliance.people import declarations

    with operator_session(slug) as (conn, whose):
        said = declarations.listed(conn, whose)
    emit([asdict(one) for one in said], _SAID, as_json=as_json, empty="nothing was declared: decroche privacy declare")


def _told(slug: str, of: Standing, as_json: bool) -> None:
    row = {"tenant": slug, "state": of.word, "declared": of.declared.reference if of.declared else "",
           "agreement": of.agreed.reference if of.agreed else ""}  # fmt: skip
    emit([row], _COLUMNS, as_json=as_json)
