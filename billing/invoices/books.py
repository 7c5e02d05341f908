"""Sales as an accountant's books want them: entries of a financial year, the FEC, the sales journal.

Every document issued is one entry, on the day and under the number that it bears; what prepaid credit was talked away
in a month is one at its end. Money received is the bank's journal, which is kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from billing.documents.cii import money
from billing.documents.invoice import Invoice, Line, cents
from billing.invoices import debit
from billing.invoices.debit import DebitNote
from billing.invoices.invoicing import Issued, listed
from billing.invoices.suspense import Use, assigned_between
from billing.plans.subscription import add_months
from store import tenants
from store.base.errors import BadInput
from store.db import Conn

FIELDS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
"""The eighteen of LPF A47 A-1, VII, 1°, in their order."""

JOURNAL = ("VE", "Ventes")
OTHERS = ("OD", "Opérations diverses")
SUSPENSE = ("471000", "Comptes d'attente")
CLIENTS = ("411000", "Clients")
ADVANCES = ("419100", "Clients, avances et acomptes reçus")
CALLS = ("706100", "Prestations de services, communications")
SUBSCRIPTIONS = ("706200", "Prestations de services, abonnements")
OTHER = ("706000", "Prestations de services")
INTEREST = ("763100", "Intérêts de retard")
INDEMNITY = ("758000", "Indemnités forfaitaires de recouvrement")
VAT_DUE = ("445710", "TVA collectée")
VAT_WAITING = ("445740", "TVA collectée, en attente d'encaissement")
"""The accounts that entries are written to (general chart, règlement ANC 2014-03)."""

_SOURCES = {"usage": CALLS, "rounding": CALLS, "subscription": SUBSCRIPTIONS, "top_up": ADVANCES}


class Post(NamedTuple):
    """One line of an entry: cents, above zero a debit, below it a credit. `client`: of an auxiliary account."""

    account: tuple[str, str]
    cents: int
    client: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. Its posts come to nothing together. `slug`, `client`: whose, as the auxiliary account."""

    day: date
    piece: str
    label: str
    slug: str
    client: str
    posts: Sequence[Post]
    journal: tuple[str, str] = JOURNAL


def of_document(document: Invoice, slug: str, credited: Invoice | None = None) -> Entry:
    """The entry of an invoice, or of a credit note, its sides the other way round. `credited`: what it corrects."""
    sign = 1 if document.kind == "invoice" else -1
    sums: dict[tuple[str, str], int] = {}
    for line in document.lines:
        account = _account(line, credited)
        sums[account] = sums.get(account, 0) + line.net_cents
    vat_account = VAT_DUE if document.terms.vat_on_debits or document.paid_cents else VAT_WAITING
    posts = [Post(CLIENTS, sign * document.gross_cents, client=True)]
    posts += [Post(account, -sign * amount) for account, amount in sorted(sums.items())]
    for vat in document.vat:
        number, label = vat_account
        posts.append(Post((number, f"{label} {str(vat.percent).replace('.', ',')} %"), -sign * vat.tax_cents))
    what = "Facture" if document.kind == "invoice" else f"Avoir sur {document.credits}"
    label = f"{what} {document.buyer.name}"
    found = [post for post in posts if post.cents]
    return Entry(document.issued_on, document.number, label, slug, document.buyer.name, found)


def _account(line: Line, credited: Invoice | None) -> tuple[str, str]:
    """Where a line is sold to: a credit note's as the line that it corrects."""
    if line.source == "credit" and credited is not None and line.key.startswith("line:"):
        place = int(line.key.split(":")[1])
        return _account(credited.lines[place - 1], None)
    return _SOURCES.get(line.source, OTHER)


def of_debit_note(note: DebitNote, slug: str, client: str) -> Entry:
    """The entry of what being late costs, outside VAT."""
    posts = [
        Post(CLIENTS, note.interest_cents + note.indemnity_cents, client=True),
        Post(INTEREST, -note.interest_cents), Post(INDEMNITY, -note.indemnity_cents),
    ]  # fmt: skip
    label = f"Note de débit {client}"
    return Entry(note.issued_on, note.number, label, slug, client, [post for post in posts if post.cents])


def of_prepaid(month: date, net_cents: int, slug: str, client: str) -> Entry:
    """The entry of what a prepaid client talked away in a month: an advance becomes a sale."""
    last = add_months(month, 1) - timedelta(days=1)
    label = f"Crédit prépayé consommé en {month:%Y-%m}, {client}"
    return Entry(
        last, f"PREPAYE-{month:%Y-%m}-{slug}", label, slug, client, [Post(ADVANCES, net_cents), Post(CALLS, -net_cents)]
    )


def of_assigned(use: Use, reference: str, slug: str, client: str) -> Entry:
    """The entry of money that was in suspense and is known to be a client's: the bank's journal has its coming."""
    posts = [Post(SUSPENSE, use.amount_cents), Post(CLIENTS, -use.amount_cents, client=True)]
    return Entry(use.used_on, use.document, f"Virement identifié {reference}", slug, client, posts, OTHERS)


def fec(entries: Iterable[Entry]) -> Iterator[str]:
    """The file's lines: a heading, then the posts of each entry, numbered without a gap in the order of their days."""
    yield "\t".join(FIELDS)
    for number, entry in enumerate(sorted(entries, key=lambda each: (each.day, each.piece)), 1):
        day = f"{entry.day:%Y%m%d}"
        for post in entry.posts:
            client = (entry.slug, entry.client) if post.client else ("", "")
            sides = (_comma(max(post.cents, 0)), _comma(max(-post.cents, 0)))
            yield "\t".join(
                map(_plain, (*entry.journal, str(number), day, *post.account, *client, entry.piece, day, entry.label,
                             *sides,                             "", "", day, "", ""))
            )  # fmt: skip


def file_name(siren: str, closes_on: date) -> str:
    """LPF A47 A-1, X: the seller's SIREN, the day the year is closed on."""
    return f"{siren}FEC{closes_on:%Y%m%d}.txt"


def financial_year(year: int, closes: tuple[int, int] = (12, 31)) -> tuple[date, date]:
    """The first and last day of the financial year that closes in `year`, on `closes` (month, day). Raises BadInput."""
    try:
        last, before = date(year, *closes), date(year - 1, *closes)
    except ValueError:
        raise BadInput(f"{year}-{closes[0]:02d}-{closes[1]:02d} is no day", hint="the last day of the year") from None
    return before + timedelta(days=1), last


def _comma(amount: int) -> str:
    return money(amount).replace(".", ",")


def _plain(text: str) -> str:
    """No separator and no line's end within a field."""
    return " ".join(text.split())


# -- from the store ---------------------------------------------------------------------------------------


def entries(conn: Conn, begins: date, ends: date) -> list[Entry]:
    """Every entry of sales between two days (operator)."""
    named = {tenant.id: tenant for tenant in tenants.listed(conn)}
    issued = listed(conn)
    by_id = {of.id: of for of in issued}
    found: list[Entry] = []
    clients: dict[UUID, str] = {}
    for of in issued:
        document = of.invoice()
        clients[of.tenant_id] = document.buyer.name
        if begins <= of.issued_on <= ends:
            credited = by_id[of.credits].invoice() if of.credits else None
            found.append(of_document(document, named[of.tenant_id].slug, credited))
    for note in debit.listed(conn):
        if begins <= note.issued_on <= ends:
            found.append(of_debit_note(note, named[note.tenant_id].slug, clients[note.tenant_id]))
    for reference, use in assigned_between(conn, begins, ends):
        assert use.tenant_id is not None
        whose = named[use.tenant_id]
        found.append(of_assigned(use, reference, whose.slug, clients.get(whose.id, whose.name)))
    rows = conn.execute(
        """SELECT tenant_id, month, amount_micros FROM billing.usage
            WHERE mode = 'prepaid' AND amount_micros > 0 AND month >= %s AND month <= %s ORDER BY month, tenant_id""",
        (begins, ends),
    ).fetchall()
    for row in rows:
        tenant = named[row["tenant_id"]]
        used = cents(Fraction(row["amount_micros"], 10_000))
        if used and add_months(row["month"], 1) - timedelta(days=1) <= ends:
            found.append(of_prepaid(row["month"], used, tenant.slug, clients.get(tenant.id, tenant.name)))
    return [entry for entry in found if entry.posts]


def journal(conn: Conn, begins: date, ends: date) -> list[dict[str, Any]]:
    """The sales journal: a row for each document and each of its rates, credit notes below zero (operator)."""
    named: Mapping[UUID, str] = {tenant.id: tenant.slug for tenant in tenants.listed(conn)}
    return [
        row for of in listed(conn) if begins <= of.issued_on <= ends for row in _rows(of, named[of.tenant_id])
    ]  # fmt: skip


def _rows(of: Issued, slug: str) -> Iterator[dict[str, Any]]:
    document = of.invoice()
    sign = 1 if of.kind == "invoice" else -1
    for vat in document.vat:
        yield {
            "date": of.issued_on.isoformat(), "number": of.number, "kind": of.kind, "tenant": slug,
            "client": document.buyer.name, "siren": document.buyer.siren, "category": vat.category,
            "vat_percent": str(vat.percent), "net": money(sign * vat.base_cents), "vat": money(sign * vat.tax_cents),
            "gross": money(sign * (vat.base_cents + vat.tax_cents)),
        }  # fmt: skip
