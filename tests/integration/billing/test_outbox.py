"""What waits in the outbox is told by web hook, e-mail and SMS; what fails stays and is tried again."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from email import message_from_string, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import facturx
import pytest

from billing.charges.controls import TELL_TRIES, Notice, set_limits, tell
from billing.office.outbox import Channels, Post
from billing.office.telling import deliver
from store import jobs, tenants
from store.base.errors import BadInput
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.billing.test_invoices import client, run

__all__ = ["client"]

Heard = list[tuple[bytes, Mapping[str, str]]]
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
                ear.heard.append((body, dict(self.headers)))
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
def mail() -> Iterator[tuple[str, list[str]]]:
    """A mail server on loopback: where it is, and the messages it took."""
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
    for _ in running(server):
        yield f"127.0.0.1:{server.server_address[1]}", taken


def running(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


HERE = ("127.0.0.1:*",)
"""The operator lets clients' web hooks reach this machine."""


def waiting(database: Database, tenant: Tenant, **where: str) -> None:
    with database.operator() as conn:
        set_limits(conn, tenant.id, **where, by=OPERATOR)
        tell(conn, tenant.id, ALERT)


def at(ear: Ear) -> str:
    return f"http://127.0.0.1:{ear.server_address[1]}/"


def later(database: Database) -> None:
    """The wait after a failure is over."""
    with database.operator() as conn:
        conn.execute("UPDATE store.jobs SET due_at = now() - interval '1 second' WHERE state = 'waiting'")


def test_a_notice_is_posted_once_and_signed(database: Database, dentist: Tenant, ear: Ear) -> None:
    waiting(database, dentist, webhook=at(ear))
    post = Post(allowed=HERE, key_of=lambda _: "s3cret")
    assert [deliver(database, post), deliver(database, post)] == [(1, 0), (0, 0)]
    ((body, headers),) = ear.heard
    assert json.loads(body)["body"]["percent"] == 80
    at_, _, signed = headers["X-Decroche-Signature"].removeprefix("t=").partition(",v1=")
    assert signed == hmac.new(b"s3cret", at_.encode() + b"." + body, hashlib.sha256).hexdigest()


def test_a_notice_is_mailed_with_a_subject_a_person_reads(
    database: Database, dentist: Tenant, mail: tuple[str, list[str]]
) -> None:
    waiting(database, dentist, email="cabinet@client.example")
    assert deliver(database, Post(allowed=HERE, smtp=mail[0])) == (1, 0)
    assert "Subject: Forfait : 80 %" in mail[1][0]
    assert "To: cabinet@client.example" in mail[1][0]


def test_a_notice_goes_to_a_phone_by_the_gateway_under_a_key_that_makes_it_one_sms(
    database: Database, dentist: Tenant, ear: Ear
) -> None:
    waiting(database, dentist, phone="+33612345678")
    assert deliver(database, Post(allowed=HERE, sms_url=at(ear), sms_token="t0ken")) == (1, 0)
    ((body, headers),) = ear.heard
    assert json.loads(body) == {"to": "+33612345678", "text": "Forfait : 80 % utilisés"}
    assert headers["Authorization"] == "Bearer t0ken"
    assert UUID(headers["Idempotency-Key"])


def test_a_formal_notice_tells_the_client_in_french_what_is_owed_and_when_access_ends(
    database: Database, dentist: Tenant, mail: tuple[str, list[str]]
) -> None:
    body = {"number": "2026-000001", "unpaid_cents": 123456, "interest_cents": 45, "suspension_on": "2026-12-02"}
    with database.operator() as conn:
        set_limits(conn, dentist.id, email="cabinet@client.example", by=OPERATOR)
        tell(conn, dentist.id, Notice("formal_notice", "2026-000001", "client", body))
    assert deliver(database, Post(allowed=HERE, smtp=mail[0])) == (1, 0)
    text = (
        message_from_string(mail[1][0].replace("\r\n", "\n"), policy=policy.default)
        .get_content()
        .replace("\u00a0", " ")
    )
    for words in ("mettons en demeure", "Reste dû TTC : 1 234,56 €", "Suspension de l'accès le : 02/12/2026", "5.4"):
        assert words in text
    assert "_cents" not in text


def test_the_operators_own_notices_go_to_the_operator_and_not_to_the_client(
    database: Database, dentist: Tenant, ear: Ear, mail: tuple[str, list[str]]
) -> None:
    with database.operator() as conn:
        set_limits(conn, dentist.id, webhook=at(ear), by=OPERATOR)
        tell(conn, dentist.id, Notice("blocked", "1", "operator", {"reason": "fraude"}))
    assert deliver(database, Post(allowed=HERE, smtp=mail[0], operator=Channels("noc@operateur.example"))) == (1, 0)
    assert "To: noc@operateur.example" in mail[1][0]
    assert ear.heard == []


def test_what_was_refused_stays_with_the_reason_and_is_told_after_a_pause(
    database: Database, dentist: Tenant, ear: Ear
) -> None:
    ear.status = 503
    waiting(database, dentist, webhook=at(ear))
    assert deliver(database, Post(allowed=HERE)) == (0, 1)
    with database.operator() as conn:
        (job,) = jobs.listed(conn)
        assert conn.execute("SELECT sent_at FROM billing.notices").fetchall() == [{"sent_at": None}]
    assert (job.tries, job.most_tries) == (1, TELL_TRIES)
    assert "503" in job.why
    ear.status = 200
    assert deliver(database, Post(allowed=HERE)) == (0, 0)
    later(database)
    assert deliver(database, Post(allowed=HERE)) == (1, 0)


def test_a_channel_that_was_told_is_not_told_again_when_another_failed(
    database: Database, dentist: Tenant, ear: Ear, mail: tuple[str, list[str]]
) -> None:
    waiting(database, dentist, webhook=at(ear), email="cabinet@client.example")
    assert deliver(database, Post(allowed=HERE, smtp="127.0.0.1:1")) == (0, 1)
    later(database)
    assert deliver(database, Post(allowed=HERE, smtp=mail[0])) == (1, 0)
    assert (len(ear.heard), len(mail[1])) == (1, 1)


def test_attempts_are_spread_over_days() -> None:
    waits = [jobs.pause(tries) for tries in range(1, TELL_TRIES + 1)]
    assert waits == sorted(waits)
    assert timedelta(days=2) < sum(waits, timedelta()) < timedelta(days=7)


def test_a_client_without_address_keeps_its_notices_to_read_and_holds_nobody_up(
    database: Database, dentist: Tenant, ear: Ear
) -> None:
    waiting(database, dentist)
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    waiting(database, other, webhook=at(ear))
    assert deliver(database, Post(allowed=HERE), most=2) == (1, 0)
    with database.tenant(dentist.id) as conn:
        assert conn.execute("SELECT sent_at FROM billing.notices").fetchall() == [{"sent_at": None}]


@pytest.mark.parametrize(
    ("field", "value"), [("email", "cabinet"), ("webhook", "ftp://x.example"), ("phone", "0612345678")]
)
def test_an_address_nothing_could_be_sent_to_is_refused(
    database: Database, dentist: Tenant, field: str, value: str
) -> None:
    with pytest.raises(BadInput, match=field), database.operator() as conn:
        set_limits(conn, dentist.id, **{field: value}, by=OPERATOR)


def test_an_invoice_is_mailed_with_its_factur_x_file(
    database: Database, client: Tenant, mail: tuple[str, list[str]]
) -> None:
    with database.operator() as conn:
        set_limits(conn, client.id, bundle_percents=(), email="compta@client.example", by=OPERATOR)
        conn.execute("DELETE FROM billing.notices")
    assert run(database, client) is not None
    assert deliver(database, Post(allowed=HERE, smtp=mail[0])) == (1, 0)
    message = message_from_string(mail[1][0].replace("\r\n", "\n"), policy=policy.default)
    assert message["Subject"] == "Facture 2026-000001 : 65,74 € TTC, à payer au plus tard le 02/11/2026"
    (file,) = message.iter_attachments()
    assert file.get_filename() == "2026-000001.pdf"
    name, xml = facturx.get_xml_from_pdf(file.get_content(), check_xsd=True, check_schematron=False)[:2]
    assert (name, b"2026-000001" in xml) == ("factur-x.xml", True)


def test_mail_goes_in_clear_to_this_machine_only(
    database: Database, dentist: Tenant, mail: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(database, dentist, email="compta@client.example")
    elsewhere = f"mail.operator.example:{mail[0].partition(':')[2]}"
    real = socket.create_connection
    monkeypatch.setattr(
        socket, "create_connection", lambda address, *more, **rest: real(("127.0.0.1", address[1]), *more, **rest)
    )
    assert deliver(database, Post(smtp=elsewhere)) == (0, 1)
    assert mail[1] == [], "a server that cannot be spoken to in secret is told nothing"
    later(database)
    assert deliver(database, Post(smtp=mail[0])) == (1, 0)
