"""docs/data.md names every table of the database under its owner, and says which are append-only."""

from __future__ import annotations

import re
from pathlib import Path

from store.db import Database

PAGE = (Path(__file__).parents[3] / "docs/data.md").read_text(encoding="utf-8")
_TABLES = """
SELECT format('%s.%s', n.nspname, c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND n.nspname IN ('app', 'store', 'billing', 'compliance', 'campaigns', 'chat', 'links', 'portal', 'support')
"""
_APPEND_ONLY = """
SELECT DISTINCT format('%s.%s', n.nspname, c.relname) AS name
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE t.tgname = 'append_only' AND NOT c.relispartition
"""


def rows() -> dict[str, tuple[str, str]]:
    """Table → (the section it stands in, what is said of it)."""
    found: dict[str, tuple[str, str]] = {}
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        owner = section.partition(":")[0]
        for name, told in re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (.*) \|$", section, re.MULTILINE):
            assert name not in found, f"{name} is there twice"
            found[name] = (owner, told)
    return found


def test_every_table_is_named_once_under_its_owner(database: Database) -> None:
    with database.operator() as conn:
        live = {row["name"] for row in conn.execute(_TABLES)}
    assert set(rows()) == live
    assert all(name.startswith(f"{owner}.") for name, (owner, _) in rows().items())


def test_what_is_said_to_be_append_only_is(database: Database) -> None:
    with database.operator() as conn:
        held = {row["name"] for row in conn.execute(_APPEND_ONLY)}
    said = {name for name, (_, told) in rows().items() if "append-only" in told}
    assert said == held
