"""docs/sbom.cdx.json is what the locks and the catalogue say, by the standard's own schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BILL = ROOT / "docs/sbom.cdx.json"


def test_it_is_up_to_date() -> None:
    made = subprocess.run(
        [sys.executable, "scripts/lib/sbom.py"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert made == BILL.read_text(encoding="utf-8"), "run scripts/lock, or scripts/lib/sbom.py alone"


def test_it_is_a_cyclonedx_document() -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(BILL.read_text(encoding="utf-8"))
    assert wrong is None, wrong


@pytest.mark.parametrize("name", ["psycopg", "stripe", "llama-cpp-python", "weasyprint", "asterisk"])
def test_what_a_service_runs_is_on_it(name: str) -> None:
    assert name in {part["name"] for part in json.loads(BILL.read_text(encoding="utf-8"))["components"]}


def test_what_only_tests_need_is_not() -> None:
    names = {part["name"] for part in json.loads(BILL.read_text(encoding="utf-8"))["components"]}
    assert not names & {"pytest", "ruff", "basedpyright", "hypothesis", "cyclonedx-python-lib"}


def test_it_says_what_needs_what() -> None:
    bill = json.loads(BILL.read_text(encoding="utf-8"))
    refs = {part["bom-ref"] for part in bill["components"]}
    needs = {each["ref"]: set(each["dependsOn"]) for each in bill["dependencies"]}
    assert set().union(*needs.values()) <= refs
    (aiohttp,) = (ref for ref in refs if ref.startswith("pkg:pypi/aiohttp@"))
    assert any(ref.startswith("pkg:pypi/yarl@") for ref in needs[aiohttp])
