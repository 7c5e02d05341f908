"""The audit log against a superuser who switches its trigger off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from store import audit
from store.audit import Anchor
from store.db import Conn, Database
from store.tenants import Tenant


@pytest.fixture
def log(database: Database) -> Database:
    """Six acts by the operator."""
    with database.operator() as conn:
        for n in range(1, 7):
            audit.append(conn, who="cli:ada", action="test", subject=f"thing:{n}", detail={"n": n, "é": "à\n"})
    return database


def tamper(superuser: Conn, *statements: str) -> None:
    """What someone with the database's password could do."""
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")  # triggers off
        for statement in statements:
            superuser.execute(statement)  # type: ignore[arg-type]


def faults(database: Database, anchors: list[Anchor] | None = None) -> list[tuple[int, str]]:
    with database.operator() as conn:
        return [(fault.seq, fault.kind) for fault in audit.verify(conn, anchors)[1]]


def end(database: Database) -> Anchor:
    with database.service() as conn:
        return audit.end(conn)


FORGE = """
    WITH RECURSIVE forged AS (
        SELECT seq, record, prev_hash, app.chain_hash(prev_hash, seq, record) AS hash
          FROM store.audit WHERE seq = 3
        UNION ALL
        SELECT a.seq, a.record, f.hash, app.chain_hash(f.hash, a.seq, a.record)
          FROM forged f JOIN store.audit a ON a.seq = f.seq + 1)
    UPDATE store.audit a SET prev_hash = f.prev_hash, hash = f.hash FROM forged f WHERE f.seq = a.seq"""
CHANGE = "UPDATE store.audit SET record = replace(record, 'cli:ada', 'cli:bob') WHERE seq = 3"


def test_an_untouched_chain_is_intact(log: Database) -> None:
    assert faults(log, [end(log)]) == []


def test_an_empty_chain_is_intact(database: Database) -> None:
    assert faults(database) == []


def test_a_changed_record_is_found(log: Database, superuser: Conn) -> None:
    tamper(superuser, CHANGE)
    assert faults(log) == [(3, "changed")]


def test_a_changed_record_with_its_hash_recomputed_is_found_by_the_next_row(log: Database, superuser: Conn) -> None:
    tamper(
        superuser,
        CHANGE,
        "UPDATE store.audit SET hash = app.chain_hash(prev_hash, seq, record) WHERE seq = 3",
    )
    assert faults(log) == [(4, "unlinked")]


def test_a_removed_row_is_found(log: Database, superuser: Conn) -> None:
    tamper(superuser, "DELETE FROM store.audit WHERE seq = 3")
    assert faults(log) == [(3, "removed")]


def test_a_removed_first_row_is_found(log: Database, superuser: Conn) -> None:
    tamper(superuser, "DELETE FROM store.audit WHERE seq = 1")
    assert faults(log) == [(1, "removed")]


def test_a_removed_row_whose_gap_was_closed_is_found(log: Database, superuser: Conn) -> None:
    tamper(
        superuser,
        "DELETE FROM store.audit WHERE seq = 6",
        "UPDATE store.audit SET seq = seq + 100 WHERE seq = 2",
        "DELETE FROM store.audit WHERE seq = 102",
        "UPDATE store.audit SET seq = 2 WHERE seq = 3",
    )
    assert (2, "unlinked") in faults(log)


def test_two_rows_that_changed_places_are_found(log: Database, superuser: Conn) -> None:
    tamper(
        superuser,
        "UPDATE store.audit SET seq = 103 WHERE seq = 3",
        "UPDATE store.audit SET seq = 3 WHERE seq = 4",
        "UPDATE store.audit SET seq = 4 WHERE seq = 103",
    )
    found = faults(log)
    assert (3, "changed") in found
    assert (4, "changed") in found


def test_an_inserted_row_is_found(log: Database, superuser: Conn) -> None:
    tamper(
        superuser,
        "INSERT INTO store.audit (seq, tenant_id, record, prev_hash, hash)"
        " SELECT 7, NULL, record, hash, app.chain_hash(hash, 7, record) FROM store.audit WHERE seq = 6",
    )
    assert faults(log) == [(7, "inserted")]


def test_a_cut_end_is_found(log: Database, superuser: Conn) -> None:
    tamper(superuser, "DELETE FROM store.audit WHERE seq > 4")
    assert faults(log) == [(5, "truncated")]


def test_a_cut_end_with_its_head_moved_back_is_found_by_an_anchor(log: Database, superuser: Conn) -> None:
    noted = end(log)
    tamper(
        superuser,
        "DELETE FROM store.audit WHERE seq > 4",
        "UPDATE store.audit_head h SET seq = a.seq, hash = a.hash FROM store.audit a WHERE a.seq = 4",
    )
    assert faults(log) == []  # the chain alone cannot know
    assert faults(log, [noted]) == [(6, "truncated")]


def test_a_chain_recomputed_with_its_head_is_found_by_an_anchor(log: Database, superuser: Conn) -> None:
    noted = end(log)
    tamper(
        superuser,
        CHANGE,
        FORGE,
        "UPDATE store.audit_head h SET hash = a.hash FROM store.audit a WHERE a.seq = 6",
    )
    assert faults(log) == []
    assert faults(log, [noted]) == [(6, "rewritten")]


@pytest.mark.parametrize("statement", ["UPDATE store.audit SET seq = 9", "DELETE FROM store.audit"])
def test_nobody_may_change_a_row_while_the_trigger_stands(log: Database, superuser: Conn, statement: str) -> None:
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        superuser.execute(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE store.audit SET seq = 9",
        "DELETE FROM store.audit",
        "TRUNCATE store.audit",
        "INSERT INTO store.audit (seq, record, prev_hash, hash) VALUES (7, '{}', '', '')",
        "UPDATE store.audit_head SET seq = 0",
    ],
)
def test_the_operator_and_the_service_may_only_append(log: Database, statement: str) -> None:
    for session in (log.operator, log.service):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), session() as conn:
            conn.execute(statement)  # type: ignore[arg-type]


def test_writers_at_the_same_time_make_one_chain(database: Database, dentist: Tenant, townhall: Tenant) -> None:
    def write(n: int) -> None:
        tenant = (dentist, townhall)[n % 2]
        with database.tenant(tenant.id) as conn:
            audit.append(conn, who="service", action="test", subject=f"n:{n}", tenant_id=tenant.id)

    before = end(database).seq
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(40)))
    assert faults(database) == []
    assert end(database).seq == before + 40


def test_an_act_that_is_rolled_back_leaves_no_gap(log: Database) -> None:
    with pytest.raises(ZeroDivisionError), log.operator() as conn:  # noqa: PT012
        audit.append(conn, who="cli:ada", action="test", subject="lost")
        raise ZeroDivisionError
    assert (end(log).seq, faults(log)) == (6, [])


def test_a_tenants_session_cannot_write_in_anothers_name(database: Database, dentist: Tenant, townhall: Tenant) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.tenant(dentist.id) as conn:
        audit.append(conn, who="x", action="test", subject="s", tenant_id=townhall.id)


def test_a_tenant_reads_only_its_own_acts(database: Database, dentist: Tenant, townhall: Tenant) -> None:
    with database.operator() as conn:
        for tenant in (dentist, townhall):
            audit.append(conn, who="cli:ada", action="test", subject=tenant.slug, tenant_id=tenant.id)
    with database.tenant(dentist.id) as conn:
        assert [entry.subject for entry in audit.find(conn, action="test")] == ["dentiste"]
        assert {entry.tenant_id for entry in audit.find(conn)} == {dentist.id}


def test_an_act_reads_back_as_it_was_written(log: Database) -> None:
    with log.operator() as conn:
        (entry,) = audit.find(conn, subject="thing:3")
    assert (entry.who, entry.action, entry.detail) == ("cli:ada", "test", {"n": 3, "é": "à\n"})


def test_an_anchor_is_noted_once_and_read_back(log: Database, tmp_path: Path) -> None:
    audit.note_anchor(tmp_path, end(log))
    audit.note_anchor(tmp_path, end(log))
    assert audit.read_anchors(tmp_path) == [end(log)]


def test_a_damaged_anchor_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "audit-anchors.jsonl").write_text('{"seq":1,"hash":"00"}\n{"seq":')
    with pytest.raises(audit.BadInput, match="line 2"):
        audit.read_anchors(tmp_path)
