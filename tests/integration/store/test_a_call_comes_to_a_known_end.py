"""The database takes the outcomes that calls know, and no other."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from store import calls
from store.base.endings import OUTCOMES
from store.calls import Cdr
from store.db import Database


def test_the_constraint_of_the_live_schema_names_every_outcome(database: Database) -> None:
    with database.operator() as conn:
        row = conn.execute(
            "SELECT pg_get_constraintdef(oid) AS said FROM pg_constraint WHERE conname = 'calls_outcome_is_known'"
        ).fetchone()
    assert row is not None
    assert sorted(re.findall(r"'([a-z_]+)'", row["said"])) == sorted(OUTCOMES)


def test_a_word_that_no_call_knows_is_not_stored(database: Database, cdr: Cdr) -> None:
    unknown: Any = "over"
    with pytest.raises(psycopg.errors.CheckViolation), database.tenant(cdr.tenant_id) as conn:
        calls.insert_cdr(conn, replace(cdr, outcome=unknown))
