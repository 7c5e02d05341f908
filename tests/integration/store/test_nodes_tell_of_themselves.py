"""Nodes that share a database: each is known by what it last said, and `decroche status` tells of all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ari_app.service import around
from store import live, nodes
from store.base.ids import new_id
from store.base.settings import DatabaseSettings, Settings
from store.db import Database
from store.nodes import Node
from store.tenants import Tenant


def here(database: Database, settings_home: object, *, operator: bool = True) -> Settings:
    """The settings of the node `a`, which shares this database."""
    shared = {"url": database.service_dsn, "admin_url": database.operator_dsn if operator else ""}
    return Settings(node="a", database=DatabaseSettings.model_validate(shared))


def test_a_node_is_what_it_said_last_and_gone_when_it_was_stopped(database: Database) -> None:
    with database.service() as conn:
        nodes.seen(conn, Node("b", ready=True, calls=2, room=30))
        nodes.seen(conn, Node("b", ready=False, calls=1, room=30))
        nodes.seen(conn, Node("a", ready=True, calls=0, room=0))
        assert [(node.node, node.ready, node.calls) for node in nodes.listed(conn)] == [("a", True, 0), ("b", False, 1)]
        nodes.left(conn, "b")
        assert [node.node for node in nodes.listed(conn)] == ["a"]


def test_whoever_says_nothing_is_silent_and_after_a_day_forgotten(database: Database) -> None:
    with database.service() as conn:
        nodes.seen(conn, Node("b", ready=True, calls=0, room=30))
        (node,) = nodes.listed(conn)
        assert node.seen_at is not None
        assert not node.silent(node.seen_at + timedelta(seconds=10))
        assert node.silent(node.seen_at + timedelta(seconds=31))
        conn.execute("UPDATE store.nodes SET seen_at = now() - interval '25 hours'")
        nodes.seen(conn, Node("a", ready=True, calls=0, room=30))
        assert [node.node for node in nodes.listed(conn)] == ["a"]


@pytest.mark.parametrize("operator", [True, False])
def test_a_node_tells_of_calls_on_others_whose_parties_are_the_operators(
    database: Database, dentist: Tenant, settings_home: object, operator: bool
) -> None:
    now = datetime.now(UTC)
    with database.service() as conn:
        for name in "ab":
            nodes.seen(conn, Node(name, ready=name == "a", calls=1, room=30))
    with database.tenant(dentist.id) as conn:
        for name in "ab":
            call = live.LiveCall(dentist.id, new_id(), f"leg-{name}", name, "inbound", now, now + timedelta(hours=1),
                                 "+33639980111", "+33162001234")  # fmt: skip
            live.begin(conn, call)
    told = around.told(here(database, settings_home, operator=operator))
    assert [(node["node"], node["state"]) for node in told["nodes"]] == [("a", "up"), ("b", "takes no calls")]
    (call,) = told["elsewhere"]
    assert (call["node"], call["caller"]) == ("b", "+33639980111" if operator else "")


def test_a_node_that_is_alone_or_has_no_database_tells_of_nobody(database: Database, settings_home: object) -> None:
    of = here(database, settings_home)
    with database.service() as conn:
        nodes.seen(conn, Node("a", ready=True, calls=0, room=30))
    assert around.told(of) == {}
    away = of.model_copy(update={"database": DatabaseSettings.model_validate({"url": "host=/nowhere user=x"})})
    assert around.told(away) == {}
