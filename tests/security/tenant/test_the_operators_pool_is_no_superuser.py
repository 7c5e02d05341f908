"""Low: what is slipped into an operator's command finds no superuser behind the operator's role."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from store import tenants
from store.base.settings import settings
from store.embedded import EmbeddedServer
from store.setup import open_database
from tests.actors import OPERATOR


def test_reset_role_leads_nowhere(settings_home: Path) -> None:
    server = EmbeddedServer(settings())
    server.start(durable=False)
    try:
        for _ in range(2):  # the second time everything is there already
            with open_database() as db, db.operator() as conn:
                row = conn.execute("SELECT current_user AS who, session_user AS login").fetchone()
                assert row == {"who": "decroche_operator", "login": "decroche_operator_login"}
        with open_database() as db, db.operator() as conn:
            tenants.add(conn, "acme", "Acme", by=OPERATOR)
            conn.execute("RESET ROLE")
            conn.execute("SAVEPOINT here")
            for forbidden in (
                "COPY (SELECT 1) TO PROGRAM 'id'", "SELECT pg_read_file('/etc/passwd')", "SET ROLE postgres",
                "SET ROLE decroche_owner", "ALTER TABLE store.tenants DISABLE ROW LEVEL SECURITY",
            ):  # fmt: skip
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute(forbidden)
                conn.execute("ROLLBACK TO here")
    finally:
        server.stop()
