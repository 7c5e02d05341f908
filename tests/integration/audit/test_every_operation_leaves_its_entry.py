"""Every operation that says who does it writes its act into the audit log, in its own transaction.

The operations are found in the code: public functions with a `by: Actor`. Each leads to a call of `audit.note` in its
own body or in that of an operation it hands `by` to; and whatever writes a table on which people act takes a `by`.
"""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ari_app.demo.seed import TARIFF
from billing.charges import controls, tariffs
from compliance.ledgers import oppositions
from store import audit, numbers, tenants
from store.base.actor import service
from store.db import Database
from tests.actors import OPERATOR

ROOT = Path(__file__).parents[3]
FOLDERS = ("store", "agents", "billing", "compliance", "portal")

OWN_RECORD = {
    "store.calls": "a call is its own record, written once at its end",
    "store.trunk_calls": "what each trunk did for it, written with it",
    "store.turns": "with its call",
    "store.actions": "with its call",
    "store.analyses": "made of a call, which is its own record",
    "store.bookings": "made in a call, which holds the action",
    "store.messages": "left in a call, which holds the action",
    "store.live_calls": "a lease",
    "store.nodes": "what a machine says of itself every few seconds",
    "store.live_notes": "what a call will be, kept while it goes on",
    "store.event_heads": "counted, not decided",
    "store.events": "follows from what was done, which is noted",
    "store.jobs": "follows from what was done; reviving and dropping one is noted",
    "store.audit": "the log itself",
    "store.agents": "made with its first version",
    "billing.charges": "the price of a call, which is its own record",
    "billing.usage": "a sum of charges",
    "billing.accounts": "a balance, moved by movements and charges",
    "billing.reservations": "held while a call goes on",
    "billing.refusals": "counted, not decided",
    "billing.invoice_numbers": "taken with the document",
    "billing.invoice_charges": "with the document",
    "billing.debit_note_numbers": "taken with the document",
    "billing.holdings": "counted, not decided",
    "billing.notices": "what is to be told follows from what was done",
    "billing.stripe_events": "what Stripe sent, kept whole",
    "billing.stripe_customers": "Stripe's own name of a client",
    "billing.checkouts": "where a page of Stripe's stands; that it was asked for is noted",
    "billing.movements": "written by the operation that moves money, which notes it",
    "compliance.decisions": "a decision is its own record, in a chain of its own",
    "compliance.decision_heads": "the end of that chain",
    "compliance.decision_starts": "its beginning after retention",
    "compliance.attempts": "a call that was tried, with its decision",
    "compliance.bloctel_numbers": "with their file",
}
"""Tables that may be written without an actor, and why."""

FORGETTING = ("retention", "privacy", "forget")
"""Modules that let time or a person's right take rows away: one entry a sweep or an erasure."""

_WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+((?:store|billing|compliance|support)\.[a-z_]+)")


class Operations:
    """What the code's functions do about actors: found once."""

    def __init__(self) -> None:
        self.takes: dict[str, ast.FunctionDef] = {}
        self.notes: set[str] = set()
        self.hands_on: dict[str, set[str]] = {}
        self.writes: dict[str, set[str]] = {}
        for folder in FOLDERS:
            for path in sorted((ROOT / folder).rglob("*.py")):
                self._read(path)

    def _read(self, path: Path) -> None:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: _text(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef):
                continue
            name = f"{module}.{node.name}"
            arguments = [*node.args.args, *node.args.kwonlyargs]
            if any(a.arg == "by" and a.annotation and "Actor" in ast.unparse(a.annotation) for a in arguments):
                self.takes[name] = node
            calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
            if any(ast.unparse(call.func) in ("note", "audit.note", "plans.note") for call in calls):
                self.notes.add(name)
            self.hands_on[name] = {_leaf(call) for call in calls if _gives_by(call)}
            named = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
            said = _text(node) + " ".join(constants.get(n, "") for n in named)
            self.writes[name] = set(_WRITES.findall(said))

    def noted(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """The operation writes an entry, or hands `by` to one that does."""
        if name in self.notes:
            return True
        for leaf in self.hands_on.get(name, ()):
            for other in self.hands_on:
                if other.rsplit(".", 1)[1] == leaf and other not in seen and self.noted(other, seen | {name}):
                    return True
        return False


def _text(node: ast.AST) -> str:
    return " ".join(n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def _leaf(call: ast.Call) -> str:
    return ast.unparse(call.func).rsplit(".", 1)[-1]


def _gives_by(call: ast.Call) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(value, ast.Name) and value.id == "by" for value in given)


FOUND = Operations()


def test_the_operations_are_found() -> None:
    assert len(FOUND.takes) > 60
    known = {"store.numbers.assign", "billing.charges.controls.lift", "compliance.ledgers.consents.add"}
    assert known <= set(FOUND.takes)


PARTS = {
    "billing.charges.accounts.move": "the part of an operation that moves money, which notes it",
}
"""Functions that take an actor and are parts of operations."""


@pytest.mark.parametrize("name", sorted(n for n in FOUND.takes if not n.rpartition(".")[2].startswith("_")))
def test_an_operation_leaves_its_entry(name: str) -> None:
    if name in PARTS:
        return
    assert FOUND.noted(name), f"{name} takes an actor and writes no audit entry"


@pytest.mark.parametrize("name", sorted(name for name, tables in FOUND.writes.items() if tables - set(OWN_RECORD)))
def test_what_changes_a_table_on_which_people_act_says_who_does_it(name: str) -> None:
    module, _, function = name.rpartition(".")
    if module.rsplit(".", 1)[-1] in FORGETTING:
        return
    tables = FOUND.writes[name] - set(OWN_RECORD)
    if function.startswith("_") or name in HANDED:
        return  # a part of an operation of its module, which the test above holds
    assert name in FOUND.takes, f"{name} writes {', '.join(sorted(tables))} and takes no actor"


HANDED = {
    "billing.charges.accounts.set_mode": "the part of change_mode that calls hold up",
    "compliance.ledgers.consents.pour": "the rows of an import, which leaves one entry",
    "compliance.ledgers.oppositions.add": "the rows of an import or an opposition, which leave theirs",
    "compliance.ledgers.facts.withdraw_all": "consents go with the opposition or revocation that is noted",
    "compliance.ledgers.facts.result": "the end of an attempt",
    "store.limits.refusal": "counts a call that begins, which is its own record",
}
"""Functions without an actor that write such tables, and why."""


def test_every_exception_is_still_needed() -> None:
    assert set(HANDED) <= set(FOUND.writes), set(HANDED) - set(FOUND.writes)
    assert set(PARTS) <= set(FOUND.takes)


# -- and at work, in a real database


def test_the_entry_is_written_with_the_act_and_goes_with_it(database: Database) -> None:
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)
    with pytest.raises(ZeroDivisionError), database.operator() as conn:  # noqa: PT012
        numbers.add(conn, "01 62 00 12 34", by=OPERATOR)
        controls.block(conn, tenant.id, "operator", "essai", by=OPERATOR)
        raise ZeroDivisionError
    with database.operator() as conn:
        assert [entry.action for entry in audit.find(conn)] == ["tenant.add"]
        controls.block(conn, tenant.id, "operator", "essai", by=OPERATOR)
        controls.lift(conn, tenant.id, "operator", OPERATOR)
        tariffs.add_version(conn, "demo", TARIFF, OPERATOR)
    with database.tenant(tenant.id) as conn:
        oppositions.oppose(conn, tenant.id, "+33612345678", "call", datetime.now(UTC), by=service("calls"))
    with database.operator() as conn:
        found = [(entry.who, entry.action) for entry in audit.find(conn)]
    assert found == [
        ("service:calls", "opposition.add"),
        ("cli:test", "tariff.add"),
        ("cli:test", "controls.lift"),
        ("cli:test", "controls.block"),
        ("cli:test", "tenant.add"),
    ]


def test_the_log_names_no_person_whose_number_it_was(database: Database) -> None:
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)
    with database.tenant(tenant.id) as conn:
        oppositions.oppose(conn, tenant.id, "+33612345678", "call", datetime.now(UTC), by=OPERATOR)
        assert "612345678" not in str(audit.find(conn))
