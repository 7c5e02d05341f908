"""Lows: passwords in messages, anchors and faults that others read, planted links, doors wider than their use."""

from __future__ import annotations

import re
import stat
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner

from asterisk_conf.render import TEMPLATES
from billing.documents.pages import laid_out
from compliance.ledgers import proof
from store.base.console import HouseGroup
from store.base.errors import BadInput
from store.base.settings import settings
from store.chain import Anchor
from store.db import connect


@pytest.mark.parametrize(
    "dsn", ["postgresql//svc:hunter2secret@h/db", "host=h password='hunter2secret", "hunter2secret"]
)
def test_a_dsn_that_cannot_be_read_is_not_repeated(dsn: str) -> None:
    with pytest.raises(BadInput) as caught:
        connect(dsn)
    assert "hunter2secret" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.__cause__ is None


def test_the_anchors_of_decisions_are_their_owners(tmp_path: Path) -> None:
    (tmp_path / "decision-anchors.jsonl").touch(mode=0o644)
    proof.note_anchor(tmp_path, uuid4(), Anchor(1, b"\1" * 32))
    path = tmp_path / "decision-anchors.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().count("\n") == 1


def test_the_manager_may_listen_and_do_nothing() -> None:
    text = (TEMPLATES / "manager.conf.j2").read_text()
    assert re.findall(r"^write=(.*)$", text, re.MULTILINE) == [""]
    assert re.findall(r"^read=(.*)$", text, re.MULTILINE) == ["cdr,user"]


# weasyprint leaves its own colour profile open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_document_fetches_nothing() -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        page = f'<img src="http://127.0.0.1:{server.server_address[1]}/pixel.png"><p>Facture</p>'
        drawn = laid_out(page)
        server.shutdown()
        thread.join()
    assert drawn.startswith(b"%PDF")
    assert asked == []


def test_a_fault_follows_no_planted_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.write_text("")
    (tmp_path / "decroche-faults.log").symlink_to(victim)
    monkeypatch.setenv("DECROCHE_HOME", "/proc/nowhere")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    settings.cache_clear()

    @HouseGroup().command("x")
    def broken() -> None:
        raise RuntimeError("a fault")

    group = HouseGroup("g")
    group.add_command(broken)
    monkeypatch.setattr(sys, "argv", ["decroche", "x"])
    done = CliRunner().invoke(group, ["x"])
    settings.cache_clear()
    assert done.exit_code == 70
    assert victim.read_text() == ""
    assert [path.read_text().count("RuntimeError: a fault") for path in tmp_path.glob("decroche-*/faults.log")] == [1]
