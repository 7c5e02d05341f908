"""`decroche billing invoice|seller|customer|pay|credit|rerate|reconcile`: a month, from charges to money received."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from billing import invoicing, tariffs
from billing.accounts import account, move
from billing.cii import money
from billing.cli_common import DAY, FILE, INSTANT, MONEY, MONTH, who
from billing.invoice import Party, Terms, check_party
from billing.ledger import spell
from billing.payments import balance_due, pay_invoice
from billing.reconcile import read_witnesses, reconcile_period
from billing.rerate import rerate as rate_again
from billing.tariff import PARIS
from store import tenants
from store.console import HouseGroup, emit, err, json_option
from store.db import Conn, Database, open_database
from store.errors import BadInput, DecrocheError

_COLUMNS = ("number", "kind", "tenant", "period", "issued_on", "due_on", "net", "vat", "gross", "due")


@click.group(cls=HouseGroup)
def invoice() -> None:
    """Issue and read invoices.

    \b
    Example: decroche billing invoice run --period 2026-10 --dry-run
    """


@invoice.command("run")
@click.option("--period", type=MONTH, required=True, help="The month to invoice.")
@click.option("--tenant", "slug", help="Only this tenant; all when not given.")
@click.option("--date", "issued_on", type=DAY, help="The date on the invoices; today when not given.")
@click.option("--dry-run", is_flag=True, help="Show what would be issued; nothing is kept.")
@json_option
@click.pass_context
def run(
    ctx: click.Context, period: date, slug: str | None, issued_on: date | None, dry_run: bool, as_json: bool
) -> None:
    """Issue the invoices of a month, one transaction each. An invoice that exists is shown, not made again.

    Exit status: 3 when a tenant's invoice is blocked (its unrated calls are named).

    \b
    Example: decroche billing invoice run --period 2026-10 --tenant dentiste
    """
    day = issued_on or datetime.now(PARIS).date()
    rows: list[dict[str, Any]] = []
    blocked = 0
    with open_database() as db:
        with db.operator() as conn:
            chosen = [tenants.get(conn, slug)] if slug else tenants.listed(conn)
        for tenant in chosen:
            try:
                issued = _issue(db, tenant, period, day, dry_run)
            except DecrocheError as error:
                blocked += 1
                err.print(f"{tenant.slug}: error[{error.code}]: {error}", markup=False)
                err.print(f"hint: {error.hint}", markup=False)
                continue
            if issued is not None:
                rows.append(_row(issued, tenant.slug) | ({"dry_run": True} if dry_run else {}))
    emit(rows, _COLUMNS[:-1], as_json=as_json, empty="nothing to invoice")
    ctx.exit(3 if blocked else 0)


class _DryRun(Exception):
    """Rolls a transaction back."""


def _issue(db: Database, tenant: tenants.Tenant, period: date, day: date, dry_run: bool) -> invoicing.Issued | None:
    issued = None
    try:
        with db.operator(tenant.id) as conn:
            issued = invoicing.issue(conn, tenant, period, day, who())
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return issued


@invoice.command("list")
@click.option("--tenant", "slug", help="Only this tenant's.")
@click.option("--period", type=MONTH, help="Only this month's.")
@json_option
def list_(slug: str | None, period: date | None, as_json: bool) -> None:
    """Invoices and credit notes by number, and what is still due.

    \b
    Example: decroche billing invoice list --tenant dentiste --json
    """
    with open_database() as db, db.operator() as conn:
        only = tenants.get(conn, slug).id if slug else None
        names = {tenant.id: tenant.slug for tenant in tenants.listed(conn)}
        rows = [
            _row(found, names[found.tenant_id]) | {"due": money(balance_due(conn, found))}
            for found in invoicing.listed(conn, only, period)
        ]
    emit(rows, _COLUMNS, as_json=as_json, empty="no invoices")


@invoice.command("show")
@click.argument("number")
@json_option
def show(number: str, as_json: bool) -> None:
    """One invoice with its lines.

    \b
    Example: decroche billing invoice show 2026-000001
    """
    with open_database() as db, db.operator() as conn:
        found = invoicing.get(conn, number)
        due = balance_due(conn, found)
    if as_json:
        emit([dict(found.document) | {"due_cents": due}], (), as_json=True)
        return
    rows = [
        {"line": n, "name": line.name, "quantity": f"{line.quantity} {line.unit}", "price": line.unit_price,
         "net": money(line.net_cents)}
        for n, line in enumerate(found.invoice().lines, 1)
    ]  # fmt: skip
    emit(rows, ("line", "name", "quantity", "price", "net"), as_json=False)
    click.echo(f"net {money(found.net_cents)}  VAT {money(found.vat_cents)}  gross {money(found.gross_cents)}")
    click.echo(f"due {money(due)} {found.currency} on {found.due_on}")


@invoice.command("pdf")
@click.argument("number")
@click.option("--out", type=FILE, help="Where to write it; NUMBER.pdf when not given.")
@json_option
def pdf(number: str, out: Path | None, as_json: bool) -> None:
    """The invoice as a Factur-X file: PDF/A-3 with the EN 16931 XML inside.

    \b
    Example: decroche billing invoice pdf 2026-000001 --out facture.pdf
    """
    from billing.invoice_pdf import to_pdf

    with open_database() as db, db.operator() as conn:
        found = invoicing.get(conn, number)
    path = out or Path(f"{number}.pdf")
    path.write_bytes(to_pdf(found.invoice()))
    emit([{"number": number, "file": path, "bytes": path.stat().st_size}], ("number", "file", "bytes"), as_json=as_json)


@invoice.command("credit")
@click.argument("number")
@click.option("--date", "issued_on", type=DAY, help="The date on the credit note; today when not given.")
@json_option
def credit_note(number: str, issued_on: date | None, as_json: bool) -> None:
    """A credit note for a whole invoice; its calls may then be rated and invoiced again.

    \b
    Example: decroche billing invoice credit 2026-000001
    """
    with open_database() as db, db.operator() as conn:
        done = invoicing.credit(conn, number, issued_on or datetime.now(PARIS).date(), who())
        slug = _slug(conn, done)
    emit([_row(done, slug)], _COLUMNS[:-1], as_json=as_json)


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
@click.option("--due-days", default=0, help="Days from issue to due; 0: payable on receipt.")
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
        invoicing.set_seller(conn, named, Terms(days=due_days, vat_on_debits=not vat_on_payments))
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
        invoicing.set_customer(conn, tenants.get(conn, slug).id, named)
    emit([{"tenant": slug, "name": named.name, "siren": named.siren}], ("tenant", "name", "siren"), as_json=as_json)


@click.command()
@click.argument("number")
@click.option("--amount", type=MONEY, help="What was received; all that is due when not given.")
@click.option("--reference", required=True, help="The transfer's reference: the same one counts once.")
@click.option("--date", "received_on", type=DAY, help="When it was received; today when not given.")
@json_option
def pay(number: str, amount: Decimal | None, reference: str, received_on: date | None, as_json: bool) -> None:
    """Record a bank transfer received for an invoice.

    \b
    Example: decroche billing pay 2026-000001 --amount 65.74 --reference "VIR 4711"
    """
    with open_database() as db, db.operator() as conn:
        found = invoicing.get(conn, number)
        cents = balance_due(conn, found) if amount is None else int(amount * 100)
        counted = pay_invoice(
            conn, found, "transfer", cents, reference, received_on or datetime.now(PARIS).date(), who()
        )
        due = balance_due(conn, found)
    row = {"number": number, "paid": money(cents) if counted else "0.00", "due": money(due), "counted": counted}
    emit([row], ("number", "paid", "due", "counted"), as_json=as_json)


@click.command()
@click.argument("slug", metavar="TENANT")
@click.argument("amount", type=MONEY)
@click.option("--reference", required=True, help="What it is for: the same reference counts once.")
@json_option
def credit(slug: str, amount: Decimal, reference: str, as_json: bool) -> None:
    """Put money on a tenant's prepaid balance.

    \b
    Example: decroche billing credit dentiste 50.00 --reference "VIR 4712"
    """
    with open_database() as db, db.operator() as conn:
        tenant = tenants.get(conn, slug)
        counted = move(conn, tenant.id, "top_up", int(amount * 1_000_000), reference, who())
        found = account(conn, tenant.id)
    row = {"tenant": slug, "counted": counted, "balance": spell(found.balance_micros), "mode": found.mode}
    emit([row], ("tenant", "counted", "balance", "mode"), as_json=as_json)


@click.command()
@click.option("--from", "since", type=INSTANT, required=True, help="Calls answered from this instant on.")
@click.option("--to", "until", type=INSTANT, help="Up to this instant, excluded.")
@click.option("--tenant", "slug", help="Only this tenant's calls; all when not given.")
@click.option("--tariff", "tariff_name", help="NAME or NAME@VERSION; the one in force at each call when not given.")
@json_option
@click.pass_context
def rerate(
    ctx: click.Context,
    since: datetime,
    until: datetime | None,
    slug: str | None,
    tariff_name: str | None,
    as_json: bool,
) -> None:
    """Rate calls again: a reversal and a new line for each whose price changes. Invoiced calls stay as they are.

    Exit status: 3 when invoiced calls would change: those need a credit note.

    \b
    Example: decroche billing rerate --from 2026-10-01T00:00:00+02:00 --tariff standard@2
    """
    rows: list[dict[str, Any]] = []
    with open_database() as db:
        with db.operator() as conn:
            chosen = [tenants.get(conn, slug)] if slug else tenants.listed(conn)
            by = _tariff(conn, tariff_name) if tariff_name else None
        for tenant in chosen:
            with db.operator(tenant.id) as conn:
                done = rate_again(conn, tenant.id, since, until, by=by, why=f"rerate by {who()}")
            difference = sum((new.amount_micros or 0) - (old.amount_micros or 0) for old, new in done.changed)
            rows.append(
                {"tenant": tenant.slug, "changed": len(done.changed), "added": len(done.added), "same": done.same,
                 "invoiced": len(done.invoiced), "difference": spell(difference)}
            )  # fmt: skip
    emit(rows, ("tenant", "changed", "added", "same", "invoiced", "difference"), as_json=as_json)
    ctx.exit(3 if any(row["invoiced"] for row in rows) else 0)


@click.command()
@click.option("--period", type=MONTH, required=True, help="The month to compare.")
@click.option("--tenant", "slug", help="Only this tenant's calls.")
@click.option("--asterisk", "path", type=FILE, help="Asterisk's CDRs as CSV; those kept with ours when not given.")
@json_option
@click.pass_context
def reconcile(ctx: click.Context, period: date, slug: str | None, path: Path | None, as_json: bool) -> None:
    """Compare Asterisk's CDRs, ours, charges and invoice lines, to the second and the cent.

    Exit status: 0 when all agree, 3 when anything differs.

    \b
    Example: decroche billing reconcile --period 2026-10
    """
    witnesses = read_witnesses(path) if path else None
    with open_database() as db, db.operator() as conn:
        only = tenants.get(conn, slug).id if slug else None
        count, found = reconcile_period(conn, period, only, witnesses)
    rows = [{"kind": d.kind, "tenant": d.tenant, "subject": d.subject, "what": d.what} for d in found]
    emit(rows, ("kind", "tenant", "subject", "what"), as_json=as_json, empty="no difference")
    err.print(f"{count} calls compared, {len(found)} differences")
    ctx.exit(3 if found else 0)


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


def _tariff(conn: Conn, text: str) -> tariffs.InForce:
    name, _, version = text.partition("@")
    if version and not version.isdigit():
        raise BadInput(f"--tariff: {text!r} is not NAME or NAME@VERSION", hint="decroche billing tariff list")
    found = tariffs.get(conn, name, int(version) if version else None)
    return tariffs.InForce(found.name, found.version, tariffs.parsed(found.toml))


def _slug(conn: Conn, of: invoicing.Issued) -> str:
    return next(tenant.slug for tenant in tenants.listed(conn) if tenant.id == of.tenant_id)


def _row(of: invoicing.Issued, slug: str) -> dict[str, Any]:
    return {
        "number": of.number,
        "kind": of.kind,
        "tenant": slug,
        "period": f"{of.period:%Y-%m}",
        "issued_on": of.issued_on,
        "due_on": of.due_on,
        "net": money(of.net_cents),
        "vat": money(of.vat_cents),
        "gross": money(of.gross_cents),
    }
