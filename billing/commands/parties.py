"""`decroche billing seller|customer`: who issues the invoices, and to whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from billing.documents.invoice import Party, Terms, check_party
from billing.invoices import invoicing
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.db import open_database


def _party_options(command: Any) -> Any:
    for name, what in (
        ("--iban", "account for transfers"), ("--legal", "legal form, capital, RCS"), ("--email", "e-mail"),
        ("--vat-number", "intra-community VAT number"), ("--country", "ISO 3166-1 code"), ("--city", "city"),
        ("--postcode", "postal code"), ("--street", "street and number"), ("--siren", "SIREN, nine digits"),
        ("--name", "legal name"),
    ):  # fmt: skip
        required = name in ("--name", "--siren", "--street", "--postcode", "--city")
        default = "FR" if name == "--country" else None if required else ""
        command = click.option(name, required=required, default=default, help=what.capitalize() + ".")(command)
    return command


@click.group(cls=HouseGroup)
def seller() -> None:
    """Who issues the invoices.

    \b
    Example: decroche billing seller set --name "Opérateur SAS" --siren 732829320 …
    """


@seller.command("set")
@_party_options
@click.option(
    "--due-days", type=click.IntRange(min=0), default=0, help="Days from issue to due; 0: payable on receipt."
)
@click.option("--vat-on-payments", is_flag=True, help="VAT is due when paid, not when invoiced.")
@json_option
def seller_set(due_days: int, vat_on_payments: bool, as_json: bool, **party: str) -> None:
    """Name the seller on the invoices issued from now on.

    \b
    Example: decroche billing seller set --name "Opérateur SAS" --siren 732829320 --vat-number FR44732829320
             --street "1 rue de la Paix" --postcode 75002 --city Paris
    """
    named = _party(party)
    check_party("seller", named)
    with open_database() as db, db.operator() as conn:
        invoicing.set_seller(conn, named, Terms(days=due_days, vat_on_debits=not vat_on_payments), by=typing_now())
    emit([{"name": named.name, "siren": named.siren}], ("name", "siren"), as_json=as_json)


@click.group(cls=HouseGroup)
def customer() -> None:
    """Whom a tenant's invoices are made out to.

    \b
    Example: decroche billing customer set dentiste --name "Cabinet Molaire" --siren 404833048 …
    """


@customer.command("set")
@click.argument("slug", metavar="TENANT")
@_party_options
@click.option("--operator", is_flag=True, help="Buys to resell telecom: VAT by reverse charge.")
@click.option("--delivery", default="", help="Delivery address, where it differs.")
@json_option
def customer_set(slug: str, operator: bool, delivery: str, as_json: bool, **party: str) -> None:
    """Name the tenant's billing party, for the invoices issued from now on.

    \b
    Example: decroche billing customer set dentiste --name "Cabinet Molaire" --siren 404833048
             --street "2 place du Marché" --postcode 35000 --city Rennes
    """
    named = replace(_party(party), operator=operator, delivery=delivery)
    check_party("customer", named)
    with open_database() as db, db.operator() as conn:
        invoicing.set_customer(conn, tenants.get(conn, slug).id, named, by=typing_now())
    emit([{"tenant": slug, "name": named.name, "siren": named.siren}], ("tenant", "name", "siren"), as_json=as_json)


def _party(given: dict[str, str]) -> Party:
    return Party(
        given["name"],
        given["siren"].replace(" ", ""),
        given["street"],
        given["postcode"],
        given["city"],
        given["country"],
        given["vat_number"],
        given["email"],
        given["legal"],
        given["iban"],
    )
