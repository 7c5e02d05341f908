"""`decroche kamailio render`: Debian's Kamailio takes the files, and what cannot be written is said."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from ari_app.cli import decroche
from store.base.settings import settings
from store.db import Database
from store.trunks import rows
from store.trunks.checking import Trunk
from tests.actors import OPERATOR


@pytest.fixture
def told(database: Database, settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of two nodes."""
    for name, value in {
        "DATABASE__URL": database.service_dsn, "DATABASE__ADMIN_URL": database.operator_dsn,
        "KAMAILIO__BIND": "127.0.0.4", "KAMAILIO__INSIDE": "127.0.0.7", "KAMAILIO__PUBLIC_ADDRESS": "203.0.113.9",
        "KAMAILIO__NODES": '["a=127.0.0.2:5070", "b=127.0.0.3:5070"]',
    }.items():  # fmt: skip
        monkeypatch.setenv(f"DECROCHE_{name}", value)
    settings.cache_clear()


def rendered(out: Path) -> dict[str, Path]:
    done = CliRunner().invoke(decroche, ["kamailio", "render", "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    paths = [Path(json.loads(line)["file"]) for line in done.stdout.splitlines()]
    return {path.name: path for path in paths}


def test_kamailio_finds_no_fault_in_them(told: None, database: Database, tmp_path: Path) -> None:
    with database.operator() as conn:
        rows.add(conn, Trunk("ovh", "192.0.2.7"), of=settings(), by=OPERATOR)
    files = rendered(tmp_path / "kamailio")
    assert "1 192.0.2.7 32 0 ovh" in files["address.list"].read_text()
    found = shutil.which("kamailio", path="/usr/sbin:/usr/bin")
    assert found, "no Kamailio: scripts/setup"
    done = subprocess.run(
        [found, "-c", "-f", str(files["kamailio.cfg"])], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_without_a_trunk_it_says_what_to_do(told: None, tmp_path: Path) -> None:
    done = CliRunner().invoke(decroche, ["kamailio", "render", "--out", str(tmp_path / "kamailio")])
    assert done.exit_code == 2
    assert "no trunk comes by Kamailio" in done.output
    assert not (tmp_path / "kamailio").exists()
