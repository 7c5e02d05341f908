"""SQL stands in the files that own tables: a command reads its input, calls an operation, shows a view."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = (
    "agents", "ari_app", "asr", "asterisk_conf", "billing", "campaigns", "compliance", "dialplan", "llm", "portal",
    "store", "tts",
)  # fmt: skip

_STATEMENT = re.compile(
    r"\b(?:SELECT\b.+\bFROM|INSERT\s+INTO|UPDATE\s+\S+(?:\s+\w+)?\s+SET|DELETE\s+FROM|SELECT\s+\w+\.\w+\()", re.DOTALL
)


def sources() -> list[Path]:
    """Every Python file of the house."""
    return [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def strings(path: Path) -> list[str]:
    """Every string of a file but its docstrings; the constant parts of an f-string as one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values))
        elif isinstance(node, ast.Constant) and id(node) not in docstrings | parts and isinstance(node.value, str):
            found.append(node.value)
    return found


def is_command(path: Path) -> bool:
    """A file whose trade is the terminal."""
    return "commands" in (path.parent.name, path.stem) or bool(re.search(r"(?:^|_)cli(?:_|$)", path.stem))


COMMANDS = [path for path in sources() if is_command(path)]


def test_command_files_are_found() -> None:
    assert len(COMMANDS) > 30
    assert {"billing/commands/invoice.py", "store/cli.py"} <= {str(path.relative_to(ROOT)) for path in COMMANDS}


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_command_file_holds_no_sql(path: Path) -> None:
    held = [text for text in strings(path) if _STATEMENT.search(text)]
    if path.name == "cli_database.py":
        held = [text for text in held if "pg_database_size" not in text]  # a fact of the server, of no table
    assert not held, f"{path.name} holds SQL: {held}"


def test_sql_is_known_where_it_stands() -> None:
    assert any(_STATEMENT.search(text) for text in strings(ROOT / "billing/invoices/invoicing.py"))


# -- tables have owners

OWNERS = ("store", "billing", "campaigns", "compliance", "portal")

WRITES_ELSEWHERE = {
    ("billing", "store.calls"): "calls brought from elsewhere, by the million: CDR and charge in one transaction",
}
"""(folder, table of another) that it may write, and why."""

_CHANGE = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?|COPY)\s+"
    r"((?:store|billing|campaigns|compliance|portal|app)\.[a-z_]+)"
)


def written(folder: str) -> set[str]:
    """The tables that a folder's SQL changes."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return {table for path in paths for text in strings(path) for table in _CHANGE.findall(text)}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_writes_only_its_own_tables(folder: str) -> None:
    foreign = {table for table in written(folder) if table.split(".")[0] != folder}
    if folder == "store":
        foreign -= {"app.migrations"}
    assert foreign == {table for owner, table in WRITES_ELSEWHERE if owner == folder}


def test_the_owners_write_their_tables() -> None:
    for folder in OWNERS:
        assert len(written(folder)) > (2 if folder in ("campaigns", "portal") else 8), folder
