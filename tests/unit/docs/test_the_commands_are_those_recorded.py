"""What people type, and what each command says of itself, is recorded: a change is seen, and meant."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[3]
RECORD = ROOT / "tests/data/commands.txt"
ANEW = ".venv/bin/python scripts/lib/command_help.py > tests/data/commands.txt"


def helper() -> ModuleType:
    spec = importlib.util.spec_from_file_location("command_help", ROOT / "scripts/lib/command_help.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written() -> str:
    """By a process of its own: click keeps the help option with which a command was first asked for its help."""
    script = str(ROOT / "scripts/lib/command_help.py")
    return subprocess.run([sys.executable, script], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_every_commands_help_is_as_it_was_recorded() -> None:
    module = helper()
    before = module.recorded(RECORD.read_text(encoding="utf-8"))
    now = module.recorded(written())
    told = {
        "new": sorted(now.keys() - before.keys()),
        "gone": sorted(before.keys() - now.keys()),
        "changed": sorted(name for name in now.keys() & before.keys() if now[name] != before[name]),
    }
    assert not any(told.values()), f"{ {what: names for what, names in told.items() if names} }; if it is meant: {ANEW}"


def test_what_is_recorded_is_read_back_as_it_was_written() -> None:
    module = helper()
    pages = {name: help_.strip() for name, help_ in module.pages()}
    assert len(pages) > 100
    assert module.recorded(module.written()) == pages
