"""A client's own system on loopback, that takes web hooks as a test says, and checks them with its own library."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass
class Receiver:
    """What came, and what is answered: `status`, `answer`, more headers."""

    url: str
    status: int = 204
    answer: bytes = b""
    more: dict[str, str] = field(default_factory=dict[str, str])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])
    asked: list[str] = field(default_factory=list[str])

    def believed(self, secret: str, which: int = -1) -> Any:
        """A message, checked. Raises WebhookVerificationError."""
        headers, body = self.got[which]
        return Webhook(secret).verify(body, headers)


@contextmanager
def receiving() -> Generator[Receiver]:
    """A receiver while the body runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            there.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self._answer()

        def do_GET(self) -> None:
            there.asked.append(self.path)
            self._answer()

        def _answer(self) -> None:
            self.send_response(there.status)
            for name, value in there.more.items():
                self.send_header(name, value)
            if there.status != 204:
                self.send_header("Content-Length", str(len(there.answer)))
            self.end_headers()
            try:
                self.wfile.write(there.answer)
            except OSError:
                return  # the sender has read enough

        def log_message(self, *args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()
