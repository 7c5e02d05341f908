"""A service's lock holds what the service imports, and nothing that only style, types and tests need."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.unit.scripts.test_setup_steps import shell

ROOT = Path(__file__).parents[3]
FOLDERS = ("agents", "ari_app", "asr", "asterisk_conf", "billing", "campaigns", "compliance", "dialplan", "llm",
           "portal", "store", "tts")  # fmt: skip
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)


def pinned(*locks: str) -> set[str]:
    """The packages of locks, by their plain names."""
    found = {name for lock in locks for name in _PINNED.findall((ROOT / lock).read_text(encoding="utf-8"))}
    return {re.sub(r"[-_.]+", "-", name.lower()) for name in found}


def imported() -> set[str]:
    """The top names that the house's own folders import from outside the standard library and themselves."""
    names: set[str] = set()
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - set(FOLDERS)


def test_all_that_the_service_imports_is_in_its_locks() -> None:
    owners, locked = packages_distributions(), pinned("requirements.lock", "requirements-llama.lock")
    optional = {"torch"}
    lacking = {
        name
        for name in imported() - optional
        if not {re.sub(r"[-_.]+", "-", owner.lower()) for owner in owners.get(name, [name])} & locked
    }
    assert not lacking


@pytest.mark.parametrize("tool", ["pytest", "ruff", "basedpyright", "import-linter", "hypothesis", "jiwer"])
def test_a_tool_is_in_the_other_lock_alone(tool: str) -> None:
    assert tool not in pinned("requirements.lock")
    assert tool in pinned("requirements-dev.lock")


def test_both_locks_pin_a_package_to_one_version() -> None:
    def versions(lock: str) -> dict[str, str]:
        text = (ROOT / lock).read_text(encoding="utf-8")
        return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", text, re.MULTILINE))

    service, dev = versions("requirements.lock"), versions("requirements-dev.lock")
    assert {name: dev[name] for name in dev if name in service} == {n: service[n] for n in dev if n in service}


def test_a_services_environment_is_ready_without_the_tools(tmp_path: Path) -> None:
    names = ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock", "pyproject.toml")
    for name in names:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    ready = f"cd {tmp_path}; lock_stamp >.venv/.lock-stamp; need_python && echo needed || echo ready"
    assert shell(ready, purpose="--service").stdout == "ready\n"
    assert shell(ready, purpose="").stdout == "needed\n"
    assert shell(f"cd {tmp_path}; dev_stamp >.venv/.dev-stamp; {ready}", purpose="").stdout == "ready\n"
