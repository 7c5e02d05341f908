"""Ctrl-C, as a terminal sends it: exit status 130, no traceback, and nothing that was started runs on."""

from __future__ import annotations

import hashlib
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from asterisk_conf.server import Asterisk

SECONDS = 60.0
"""Nothing here is about speed: a loaded machine gets this long."""
ROOT = Path(__file__).parents[3]


class Command:
    """`decroche …` in a process group of its own, as a shell starts it."""

    def __init__(self, *words: str, **variables: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ari_app.cli", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT,
            start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        )  # fmt: skip
        self.said = b""

    def await_words(self, words: str) -> None:
        """Until it has printed `words`."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + SECONDS
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            while words.encode() not in self.said:
                assert waiting.select(max(0.0, deadline - time.monotonic())), f"no {words!r}: {self.said.decode()}"
                got = os.read(self.process.stdout.fileno(), 65536)
                assert got, f"ended before {words!r}: {self.said.decode()}"
                self.said += got

    def interrupt(self) -> str:
        """Send Ctrl-C to the group, check how it ends; all it printed."""
        os.killpg(self.process.pid, signal.SIGINT)
        rest, _ = self.process.communicate(timeout=SECONDS)
        said = (self.said + rest).decode()
        assert self.process.returncode == 130, said
        assert "Traceback" not in said
        return said

    def end(self) -> None:
        """For tests that failed: nothing of it stays."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()


def until(what: str, look: Callable[[], bool]) -> None:
    """Until `look` holds, where nothing can be awaited."""
    deadline = time.monotonic() + SECONDS
    while not look():
        assert time.monotonic() < deadline, f"no {what}"
        time.sleep(0.02)


def belongs_to(process: psutil.Process, folder: Path) -> bool:
    """Whether a process was started for a home in `folder`."""
    try:
        told = [*process.cmdline(), process.environ().get("DECROCHE_HOME", "")]
    except psutil.Error:
        return False
    return any(str(folder) in word for word in told)


def test_the_demonstrations_database_asterisk_and_service_are_stopped(new_folder: Path) -> None:
    demo = Command("demo", "--out", str(new_folder / "out"), TMPDIR=str(new_folder))
    try:
        demo.await_words("loading the models")
        until("service", lambda: any("serve" in p.cmdline() and belongs_to(p, new_folder) for p in children(demo)))
        demo.interrupt()
    finally:
        demo.end()
    assert [p.cmdline() for p in psutil.process_iter() if belongs_to(p, new_folder)] == []
    assert list(new_folder.glob("decroche-demo-*")) == []


def children(of: Command) -> list[psutil.Process]:
    """What it has started and is alive."""
    try:
        return [p for p in psutil.Process(of.process.pid).children(recursive=True) if p.status() != "zombie"]
    except psutil.NoSuchProcess:
        return []


def test_a_softphone_hangs_up(asterisk: Asterisk) -> None:
    ours = asterisk.config.asterisk
    phone = Command(
        "softphone", "call", "*43", DECROCHE_HOME=str(asterisk.config.home),
        DECROCHE_ASTERISK__SIP_PORT=str(ours.sip_port), DECROCHE_ASTERISK__HTTP_PORT=str(ours.http_port),
        DECROCHE_ASTERISK__AMI_PORT=str(ours.ami_port),
    )  # fmt: skip
    try:
        phone.await_words("answered")
        phone.interrupt()
    finally:
        phone.end()
    until("hangup", lambda: asterisk.status().channels == 0)


BODY = bytes(range(256)) * 8192
HALF = len(BODY) // 2


class Mirror(ThreadingHTTPServer):
    """Gives half of a file and then nothing more, until it is let; honours Range."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.go_on = threading.Event()
        self.ranges: list[str] = []


class _Answer(BaseHTTPRequestHandler):
    server: Mirror  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.server.ranges.append(asked)
        found = re.match(r"bytes=(\d+)-", asked)
        start = int(found[1]) if found else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(BODY) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
        self.end_headers()
        if not start:
            self.wfile.write(BODY[:HALF])
            self.wfile.flush()
            self.server.go_on.wait(SECONDS)
        else:
            self.wfile.write(BODY[start:])

    def log_message(self, *args: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Quiet."""


@pytest.fixture
def mirror() -> Generator[Mirror]:
    server = Mirror()
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield server
    server.go_on.set()
    server.shutdown()
    serving.join()
    server.server_close()


def test_a_model_half_fetched_is_gone_on_with(new_folder: Path, mirror: Mirror) -> None:
    catalogue = new_folder / "more.toml"
    catalogue.write_text(
        '[[model]]\nname = "small"\nuse = "llm"\nlanguages = ["en"]\ndevices = ["cpu"]\nlicence = "none"\n'
        'about = "for tests"\n[[model.variant]]\n[[model.variant.file]]\nname = "weights.bin"\n'
        f'size = {len(BODY)}\nsha256 = "{hashlib.sha256(BODY).hexdigest()}"\n'
    )
    variables = {
        "DECROCHE_HOME": str(new_folder / "home"), "DECROCHE_CACHE": str(new_folder / "cache"),
        "DECROCHE_MODELS__CATALOGUE": str(catalogue), "DECROCHE_MODELS__OFFLINE": "false",
        "DECROCHE_MODELS__MIRROR": f"http://127.0.0.1:{mirror.server_address[1]}",
    }  # fmt: skip
    part = new_folder / "cache/models/small/weights.bin.mirror.part"
    pull = Command("models", "pull", "small", **variables)
    try:
        until("half of the file", lambda: part.exists() and part.stat().st_size > HALF // 2)
        pull.interrupt()
    finally:
        pull.end()
        mirror.go_on.set()
    held = part.stat().st_size
    again = Command("models", "pull", "small", **variables)
    said, _ = again.process.communicate(timeout=SECONDS)
    assert again.process.returncode == 0, said
    assert mirror.ranges == ["", f"bytes={held}-"]
    assert part.with_name("weights.bin").read_bytes() == BODY
