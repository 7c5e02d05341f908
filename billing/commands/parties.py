"""`decroche billing seller|customer`: who issues the invoices, and to whom."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import click

from billing.documents.means import means_of
from billing.documents.parties import MOST_DAYS, Party, Terms, check_party
from billing.documents.vat import place_of
from billing.invoices import invoicing
from store import tenants
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option
from store.setup import open_database

_FIELDS = (
    ("--siret", "SIRET, fourteen digits"), ("--phone", "telephone"), ("--bic", "the account's bank"),
    ("--iban", "account: the seller's for transfers, the client's for debits"),
    ("--legal", "legal form, capital, RCS"), ("--email", "e-mail"),
    ("--vat-number", "VAT number"), ("--country", "ISO 3166-1 code; FR where it was never said"), ("--city", "city"),
    ("--postcode", "postal code"), ("--street", "street and number"), ("--siren", "SIREN, nine digits"),
    ("--name", "legal name"),
)  # fmt: skip
_OF_CUSTOMERS = ("operator", "delivery", "public", "service_code", "commitment", "chorus", "pays", "mandate")
PAYS = ("transfer", "card", "sepa_debit")
_BLANK = Party("", "", "", "", "")


def _party_options(command: Any) -> Any:
    for name, what in _FIELDS:
        command = click.option(name, default=None, help=what[0].upper() + what[1:] + ".")(command)
    return command


@click.group(cls=HouseGroup)
def seller() -> None:
    """Who issues the invoices.

    \b
    Example: decroche billing seller set --name "Opérateur SAS" --siren 732829320 …
    """


@seller.command("set")
@_party_options
@click.option("--due-days", type=click.IntRange(0, MOST_DAYS), help="Days from issue to due; 0: payable on receipt.")
@click.option(
    "--vat-on-debits/--vat-on-payments", default=None,
    help="VAT is due when invoiced (an option taken with the tax office), or when paid (the rule for services).",
)  # fmt: skip
@click.option("--creditor-id", default=None, help="SEPA creditor identifier (ICS), for debits.")
@click.option("--without-vat/--with-vat", "franchise", default=None, help="No VAT is charged (CGI 293 B), or it is.")
@json_option
def seller_set(
    due_days: int | None, vat_on_debits: bool | None, franchise: bool | None, as_json: bool, **party: str | None
) -> None:  # fmt: skip
    """Name the seller on the invoices issued from now on. What is not said stays as it is.

    \b
    Example: decroche billing seller set --name "Opérateur SAS" --siren 732829320 --vat-number FR44732829320
             --street "1 rue de la Paix" --postcode 75002 --city Paris
    """
    with open_database() as db, db.operator() as conn:
        known = invoicing.seller_if_any(conn)
        before, terms = known or (_BLANK, Terms(vat_on_debits=False))
        named = _changed(before, party)
        said = {"days": due_days, "vat_on_debits": vat_on_debits, "franchise": franchise}
        terms = replace(terms, **{name: value for name, value in said.items() if value is not None})
        check_party("seller", named, franchise=terms.franchise)
        invoicing.set_seller(conn, named, terms, by=typing_now())
    emit([{"name": named.name, "siren": named.siren}], ("name", "siren"), as_json=as_json)


@seller.command("show")
@json_option
def seller_show(as_json: bool) -> None:
    """The seller as the next invoice will name it.

    \b
    Example: decroche billing seller show
    """
    with open_database() as db, db.operator() as conn:
        party, terms = invoicing.seller(conn)
    vat = "none (CGI 293 B)" if terms.franchise else "when invoiced" if terms.vat_on_debits else "when paid"
    _show({k: v for k, v in asdict(party).items() if k not in _OF_CUSTOMERS}
          | {"due_days": terms.days, "vat": vat, "late_rate": terms.late_rate}, as_json=as_json)  # fmt: skip


@click.group(cls=HouseGroup)
def customer() -> None:
    """Whom a tenant's invoices are made out to.

    \b
    Example: decroche billing customer set dentiste --name "Cabinet Molaire" --siren 404833048 …
    """


@customer.command("set")
@click.argument("slug", metavar="TENANT")
@_party_options
@click.option("--operator/--no-operator", default=None, help="Buys to resell telecom: VAT on calls by reverse charge.")
@click.option("--delivery", default=None, help="Delivery address, where it differs.")
@click.option("--public/--private", default=None, help="A public body, invoiced through Chorus Pro by its SIRET.")
@click.option("--service-code", default=None, help="Chorus Pro: the code of the service that pays.")
@click.option("--commitment", default=None, help="Chorus Pro: the number of the commitment or order.")
@click.option(
    "--chorus", type=click.Choice(["none", "service", "commitment", "either", "both"]), default=None,
    help="What Chorus Pro's directory requires of this body.",
)  # fmt: skip
@click.option("--pays", type=click.Choice(PAYS), default=None, help="How it pays; by transfer when never said.")
@click.option("--mandate", default=None, help="The reference of its SEPA mandate (RUM).")
@json_option
def customer_set(
    slug: str, operator: bool | None, public: bool | None, chorus: str | None, as_json: bool, **party: str | None
) -> None:  # fmt: skip
    """Name the tenant's billing party, for the invoices issued from now on. What is not said stays as it is.

    The VAT follows from where it is established: the mainland and Corsica 20 %, Guadeloupe, Martinique and La Réunion
    8.5 %, none in Guyane and Mayotte, none of ours elsewhere (in the Union its VAT number is required).

    \b
    Example: decroche billing customer set dentiste --name "Cabinet Molaire" --siren 404833048
             --street "2 place du Marché" --postcode 35000 --city Rennes
    """
    with open_database() as db, db.operator() as conn:
        tenant = tenants.get(conn, slug)
        named = _changed(invoicing.customer_if_any(conn, tenant.id) or _BLANK, party)
        said = {"operator": operator, "public": public, "chorus": "" if chorus == "none" else chorus}
        named = replace(named, **{name: value for name, value in said.items() if value is not None})
        check_party("customer", named)
        if (known := invoicing.seller_if_any(conn)) is not None:
            means_of(known[0], named)  # says what the seller lacks for it
        invoicing.set_customer(conn, tenant.id, named, by=typing_now())
    emit([{"tenant": slug, "name": named.name, "siren": named.siren}], ("tenant", "name", "siren"), as_json=as_json)


@customer.command("show")
@click.argument("slug", metavar="TENANT")
@json_option
def customer_show(slug: str, as_json: bool) -> None:
    """The tenant's billing party as its next invoice will name it, and its VAT.

    \b
    Example: decroche billing customer show dentiste
    """
    with open_database() as db, db.operator() as conn:
        party = invoicing.customer(conn, tenants.get(conn, slug))
    place = place_of(party)
    _show(asdict(party) | {"vat_percent": str(place.percent), "vat_reason": place.reason}, as_json=as_json)


def _show(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit([facts], (), as_json=True)
    else:
        emit(
            [{"what": k, "value": v} for k, v in facts.items() if v not in ("", None)], ("what", "value"), as_json=False
        )


def _changed(of: Party, given: dict[str, str | None]) -> Party:
    said = {name: value.strip() for name, value in given.items() if value is not None}
    for name in ("siren", "siret", "vat_number", "iban", "bic", "creditor_id"):
        if name in said:
            said[name] = said[name].replace(" ", "").upper()
    if "country" in said:
        said["country"] = said["country"].upper()
    return replace(of, **said)
