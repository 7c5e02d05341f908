"""A CRM on loopback: it answers what was recorded, in turn, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

RECORDED = Path(__file__).parents[2] / "data/crm"


@dataclass(frozen=True)
class Asked:
    """One request, taken apart."""

    what: str
    """As "GET /contacts"."""
    query: dict[str, str]
    headers: dict[str, str]
    json: Any


@dataclass
class Crm:
    """`answers`: (status, JSON) in turn, the last one again and again; `hold`: it answers once that is set."""

    url: str
    answers: list[tuple[int, Any]] = field(default_factory=list[tuple[int, Any]])
    asked: list[Asked] = field(default_factory=list[Asked])
    hold: threading.Event = field(default_factory=threading.Event)

    def next(self) -> tuple[int, Any]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving() -> Generator[Crm]:
    """One while the body runs."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content, parts = self.rfile.read(length), urlsplit(self.path)
            headers = {key.lower(): value for key, value in self.headers.items()}
            there.asked.append(Asked(f"{self.command} {parts.path}", dict(parse_qsl(parts.query)), headers,
                                     json.loads(content) if content else None))  # fmt: skip
            there.hold.wait(30)
            status, answer = there.next()
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                return  # whoever asked has gone

        do_GET = do_POST = do_DELETE = _any

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Crm(f"http://127.0.0.1:{server.server_port}")
    there.hold.set()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield there
    finally:
        there.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


def recorded(name: str) -> dict[str, list[dict[str, Any]]]:
    """The exchanges of a CRM: what is done → what is asked and answered, in turn."""
    return cast("dict[str, list[dict[str, Any]]]", json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8")))
