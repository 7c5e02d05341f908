"""No table of the database is forgotten: each has a dated policy, or says why it may stay."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from compliance.people.policies import Policy, lasting, policies, read_policy, why_kept
from compliance.people.retention import ELSEWHERE, WORK
from store.base.errors import BadInput
from store.db import Conn


def test_every_table_has_a_policy_or_a_reason_to_stay(superuser: Conn) -> None:
    rows = superuser.execute(
        """SELECT format('%s.%s', n.nspname, c.relname) AS name
             FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE c.relkind IN ('r', 'p') AND c.relowner = 'decroche_owner'::regrole AND n.nspname <> 'testing'"""
    ).fetchall()
    named = {table for policy in policies() for table in policy.tables} | {entry.table for entry in lasting()}
    assert {row["name"] for row in rows} == named


def test_no_table_is_said_to_last_and_to_go() -> None:
    assert not {table for policy in policies() for table in policy.tables} & {entry.table for entry in lasting()}


@pytest.mark.parametrize("policy", policies(), ids=[policy.kind for policy in policies()])
def test_each_policy_is_dated_has_its_reference_and_is_carried_out(policy: Policy) -> None:
    assert policy.kind in {*WORK, *ELSEWHERE}
    assert policy.first <= datetime.now(UTC).date()
    assert policy.reference
    assert policy.action in {"delete", "anonymise"}


def test_the_periods_are_those_the_law_names() -> None:
    months = {policy.kind: policy.months for policy in policies()}
    assert months["recordings"] == 6
    assert months["analyses"] == 12
    assert months["cdrs"] == 12 + 3  # a year from the day of payment, and a bill may be paid late
    assert months["consents"] == 36
    assert months["contracts"] == 60
    assert months["invoices"] == 120 + 12  # from the end of a financial year that ends within twelve months
    assert months["transcripts"] is None  # by the tenant's instruction


def test_an_operators_floors_are_below_the_terms_and_named_with_their_article() -> None:
    """CPCE L34-1, R10-13: identity 60 months after the contract, payment 12, traffic 12."""
    floors = {policy.kind: policy.least for policy in policies() if policy.least is not None}
    assert floors == {"cdrs": 12, "contracts": 60, "payment_events": 12, "clients": 60}


def test_a_term_below_its_floor_is_refused_by_name() -> None:
    entry = {"kind": "cdrs", "months": 11, "least_months": 12, "least_reference": "CPCE L34-1"}
    with pytest.raises(BadInput, match="cdrs: 11 months is less than the 12"):
        read_policy(entry | {"from": date(2023, 3, 1), "reference": "x", "action": "delete", "tables": []})


def test_what_an_erasure_leaves_is_always_explained() -> None:
    assert why_kept("billing.notices") == "preuve de la mise en demeure, C. civ. 2224"
    assert why_kept("store.audit").startswith("log of accesses")
