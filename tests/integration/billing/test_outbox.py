"""What waits in the outbox is told by webhook and e-mail; what fails stays and is tried again."""

from __future__ import annotations

import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from billing.controls import Notice, set_limits, tell
from billing.outbox import deliver
from store.db import Database
from store.tenants import Tenant

Heard = list[tuple[bytes, str]]
ALERT = Notice("bundle", "2026-10 80 %", "client", {"percent": 80, "used": 80, "included": 100})


class Ear(ThreadingHTTPServer):
    """A client's webhook: it keeps what it hears, and answers as told."""

    def __init__(self) -> None:
        self.heard: Heard = []
        self.status = 204
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append((body, self.headers.get("X-Decroche-Signature", "")))
                self.send_response(ear.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def ear() -> Iterator[Ear]:
    server = Ear()
    yield from running(server)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A mail server on loopback; the messages it took."""
    taken: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    taken.append(b"".join(lines).decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    monkeypatch.setenv("DECROCHE_SMTP", f"127.0.0.1:{server.server_address[1]}")
    for _ in running(server):
        yield taken


def running(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def waiting(database: Database, tenant: Tenant, **where: str) -> None:
    with database.operator() as conn:
        set_limits(conn, tenant.id, **where)
        tell(conn, tenant.id, ALERT)


def test_a_notice_is_posted_once_and_signed(
    database: Database, dentist: Tenant, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECROCHE_WEBHOOK_SECRET", "s3cret")
    waiting(database, dentist, webhook=f"http://127.0.0.1:{ear.server_address[1]}/")
    assert [deliver(database), deliver(database)] == [(1, 0), (0, 0)]
    ((body, signature),) = ear.heard
    assert json.loads(body)["body"]["percent"] == 80
    assert signature == hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()


def test_a_notice_is_mailed_with_a_subject_a_person_reads(
    database: Database, dentist: Tenant, mailbox: list[str]
) -> None:
    waiting(database, dentist, email="cabinet@client.example")
    assert deliver(database) == (1, 0)
    assert "Subject: Forfait : 80 %" in mailbox[0]
    assert "To: cabinet@client.example" in mailbox[0]


def test_what_was_refused_stays_with_the_reason_and_is_told_later(
    database: Database, dentist: Tenant, ear: Ear
) -> None:
    ear.status = 503
    waiting(database, dentist, webhook=f"http://127.0.0.1:{ear.server_address[1]}/")
    assert deliver(database) == (0, 1)
    with database.operator() as conn:
        row = conn.execute("SELECT attempts, last_error, sent_at FROM billing.notices").fetchone()
    assert row is not None
    assert (row["attempts"], row["sent_at"]) == (1, None)
    assert "503" in row["last_error"]
    ear.status = 200
    assert deliver(database) == (1, 0)


def test_a_client_without_address_keeps_its_notices_to_read(database: Database, dentist: Tenant) -> None:
    waiting(database, dentist)
    assert deliver(database) == (0, 0)
