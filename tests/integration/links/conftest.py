"""A real CalDAV server (Radicale) on loopback, a file on a web server, a mailbox; an agent with its diary."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from store import agents, tenants
from store.base.settings import Settings, settings
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.contract.minds import free_port
from tests.mailbox import Mailbox, serving

ACCOUNT, PASSWORD = "dr", "pl41n"


@dataclass
class Radicale:
    """One account with one calendar."""

    url: str

    def ask(self, method: str, path: str = "", content: str = "", **headers: str) -> httpx.Response:
        return httpx.request(
            method, f"{self.url}{path}", content=content, headers=headers, auth=(ACCOUNT, PASSWORD), timeout=20
        )


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Generator[Radicale]:
    folder, port = tmp_path_factory.mktemp("radicale"), free_port()
    (folder / "users").write_text(f"{ACCOUNT}:{PASSWORD}\n")
    options = {
        "server-hosts": f"127.0.0.1:{port}", "auth-type": "htpasswd", "auth-htpasswd-filename": str(folder / "users"),
        "auth-htpasswd-encryption": "plain", "storage-filesystem-folder": str(folder / "data"),
        "auth-delay": "0",
    }  # fmt: skip
    typed = [part for name, value in options.items() for part in (f"--{name}", value)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "radicale", *typed], stdout=log, stderr=log)
    server = Radicale(f"http://127.0.0.1:{port}/{ACCOUNT}/rdv/")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            made = server.ask("MKCALENDAR")
        except httpx.HTTPError:
            time.sleep(0.1)  # a process starting up gives nothing to await
        else:
            assert made.status_code == 201, made.text
            break
    else:
        pytest.fail((folder / "log").read_text())
    yield server
    process.terminate()
    process.wait()


@dataclass
class Web:
    """A web server whose answers a test sets: path → (status, body, etag)."""

    url: str
    files: dict[str, tuple[int, bytes, str]] = field(default_factory=dict[str, tuple[int, bytes, str]])
    asked: list[str] = field(default_factory=list[str])


@pytest.fixture
def web() -> Generator[Web]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, etag = there.files[self.path]
            known = self.headers.get("If-None-Match", "")
            there.asked.append(known)
            if etag and known == etag:
                status, body = 304, b""
            self.send_response(status)
            self.send_header("ETag", etag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Web(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def mailbox() -> Generator[Mailbox]:
    with serving() as box:
        yield box


@pytest.fixture
def ours(settings_home: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that let clients' calendars be on loopback."""
    monkeypatch.setenv("DECROCHE_OUTWARD__ALLOWED", '["127.0.0.1:*"]')
    monkeypatch.setenv("DECROCHE_BILLING__SMTP", mailbox.where)
    settings.cache_clear()
    return settings()


@pytest.fixture
def dentist(database: Database, ours: Settings) -> Tenant:
    with database.operator() as conn:
        tenant = tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)
        agents.import_version(conn, tenant.id, "accueil", "name: accueil", by=OPERATOR)
        return tenant
