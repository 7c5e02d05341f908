"""The commands of billing, from a tariff's file to an invoice paid, as an operator types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from billing.charges.ledger import record_call
from billing.cli import billing
from store import tenants
from store.base.settings import settings
from store.db import Database
from tests.actors import OPERATOR
from tests.integration.billing.conftest import TARIFF, a_cdr

PARTY = ["--street", "1 rue de la Paix", "--postcode", "75002", "--city", "Paris"]


class Terminal:
    """Types commands; JSON comes back as rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = 0
        self.errors = ""

    def __call__(self, *words: str) -> list[dict[str, Any]]:
        done = CliRunner().invoke(billing, [*words, "--json"])
        self.status, self.errors = done.exit_code, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)


@pytest.fixture
def type_(database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    settings.cache_clear()
    with database.operator() as conn:
        tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)
    return Terminal(tmp_path)


def parties(type_: Terminal) -> None:
    type_("seller", "set", "--name", "Op SAS", "--siren", "732829320", "--vat-number", "FR44732829320", *PARTY)
    type_("customer", "set", "dentiste", "--name", "Cabinet", "--siren", "404833048", *PARTY)


def test_a_month_from_the_tariff_to_the_payment(type_: Terminal, database: Database) -> None:
    assert type_("tariff", "add", "standard", type_.file("t.toml", TARIFF))[0]["version"] == 1
    type_("tariff", "assign", "standard", "--tenant", "dentiste", "--from", "2026-01-01T00:00:00+01:00")
    parties(type_)
    type_("plan", "add", "accueil", type_.file("p.toml", 'title = "Accueil"\nmonthly_price = "49.00"\n'))
    subscribed = type_(
        "subscribe", "--tenant", "dentiste", "--plan", "accueil", "--terms", type_.file("cgv.txt", "CGV"),
        "--terms-version", "2025-01", "--accepted-by", "Dr Molaire", "--accepted-from", "192.0.2.7",
        "--starts", "2026-10-01",
    )  # fmt: skip
    assert subscribed[0]["committed_until"] == "2027-09-30"
    with database.operator() as conn:
        tenant = tenants.get(conn, "dentiste")
    with database.tenant(tenant.id) as conn:
        record_call(conn, a_cdr(tenant.id, 160))

    seen = type_("usage", "--tenant", "dentiste", "--period", "2026-10")[0]
    assert (seen["bundle_used_seconds"], seen["charged_seconds"], seen["cost"]) == (100, 60, "0.6500")
    run = ("invoice", "run", "--period", "2026-10", "--date", "2026-11-02")
    assert type_(*run, "--dry-run")[0]["gross"] == "59.58"
    assert type_("invoice", "list") == []
    assert type_(*run)[0]["number"] == "2026-000001"
    assert type_("invoice", "show", "2026-000001")[0]["gross_cents"] == 5958
    assert type_("pay", "2026-000001", "--amount", "50", "--reference", "VIR 1")[0]["due"] == "9.58"
    assert type_("pay", "2026-000001", "--amount", "50", "--reference", "VIR 1")[0]["counted"] is False
    type_("pay", "2026-000001", "--amount", "40", "--reference", "VIR 1")
    assert type_.status == 1  # the same reference, another amount
    over = type_("pay", "2026-000001", "--amount", "50", "--reference", "VIR 2")[0]
    assert over["due"] == "-40.42"  # what is over is the client's, on its account
    undone = type_("reverse", "2026-000001", "--reference", "VIR 2", "--reason", "saisi deux fois")
    assert type_.errors == ""
    assert undone[0]["due"] == "9.58"
    assert type_("pay", "2026-000001", "--reference", "VIR 3")[0]["due"] == "0.00"
    assert [d["kind"] for d in type_("reconcile", "--period", "2026-10")] == ["extra"]  # no Asterisk here
    assert type_.status == 3
    assert type_("invoice", "credit", "2026-000001")[0]["number"].endswith("-000002")


def test_limits_balance_and_outbox_from_the_terminal(type_: Terminal) -> None:
    set_ = type_("controls", "--tenant", "dentiste", "--cap", "200", "--alert-at", "100")[0]
    assert (set_["cap"], set_["alert_at"], set_["blocked"]) == ("200.0000", ["100.0000"], [])
    assert type_("account", "--tenant", "dentiste", "--mode", "prepaid")[0]["mode"] == "prepaid"
    parties(type_)
    assert type_("credit", "dentiste", "25.50", "--reference", "VIR 3")[0]["balance"] == "25.5000"
    assert [(n["kind"], n["sent_at"]) for n in type_("notices", "--send")] == [("invoice", None)]  # no address
    assert type_("dunning") == []
    assert type_.status == 0


def test_collecting_without_a_key_says_where_it_goes(type_: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DECROCHE_STRIPE_KEY", raising=False)
    type_("collect", "2026-000001")
    assert type_.status == 2
    assert "DECROCHE_STRIPE_KEY" in type_.errors


def test_the_month_at_a_glance_is_a_bar_chart_of_at_most_100_columns(type_: Terminal, database: Database) -> None:
    with database.operator() as conn:
        tenant = tenants.get(conn, "dentiste")
    with database.tenant(tenant.id) as conn:
        record_call(conn, a_cdr(tenant.id, 160))
    done = CliRunner().invoke(billing, ["usage", "--tenant", "dentiste", "--period", "2026-10"])
    assert done.exit_code == 0, done.output
    assert len([line for line in done.stdout.splitlines() if line[4:6].isdigit()]) == 31
    assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("usage", "--tenant", "nobody"), 4, "no tenant nobody"),
        (("invoice", "run", "--period", "2026-13"), 2, "is not a month"),
        (("invoice", "show", "2026-000009"), 4, "no invoice 2026-000009"),
        (("credit", "dentiste", "-5", "--reference", "x"), 2, ""),
        (("credit", "dentiste", "0", "--reference", "x"), 2, "is not an amount above zero"),
        (("rerate", "--from", "2026-10-01T00:00:00"), 2, "no offset"),
        (("rerate", "--from", "2026-10-01T00:00:00Z", "--tariff", "x@y"), 2, "NAME@VERSION"),
        (("customer", "set", "dentiste", "--name", "C", "--siren", "123456789", *PARTY), 2, "is not a SIREN"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    type_: Terminal, words: tuple[str, ...], status: int, message: str
) -> None:
    assert type_(*words) == []
    assert type_.status == status
    assert message in type_.errors
