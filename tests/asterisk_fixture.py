"""A private real Asterisk for tests: its own home, its own free ports, the demonstration's phones."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from asterisk_conf.program import NoAsterisk, program
from asterisk_conf.server import Asterisk
from store.base.settings import AsteriskSettings, Settings

RTP_PORTS = 100


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of the loopback that nobody has right now, for TCP and UDP alike."""
    while True:
        with socket.socket(socket.AF_INET, kind) as first:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            other = socket.SOCK_DGRAM if kind == socket.SOCK_STREAM else socket.SOCK_STREAM
            with socket.socket(socket.AF_INET, other) as second:
                try:
                    second.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port


def free_rtp_range(size: int = RTP_PORTS) -> int:
    """The first, even, port of a range in which every UDP port is free; below the kernel's own choices."""
    for first in range(12000, 32000, size):
        try:
            for port in range(first, first + size):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError("no free range of UDP ports")


def asterisk_settings(home: Path, **changes: object) -> Settings:
    """Settings of an Asterisk on free ports, its state in `home`; `changes` are its own settings."""
    rtp = free_rtp_range()
    chosen: dict[str, object] = {
        "sip_port": free_port(),
        "http_port": free_port(),
        "ami_port": free_port(),
        "rtp_first": rtp,
        "rtp_last": rtp + RTP_PORTS - 1,
        **changes,
    }
    return Settings(home=home, asterisk=AsteriskSettings.model_validate(chosen))


@pytest.fixture(scope="session")
def asterisk() -> Generator[Asterisk]:
    """A running Asterisk shared by the session; `asterisk.config` are its settings. Stasis app: decroche.

    Not in pytest's own folder, which every new run closes to other users: root's Asterisk is one.
    """
    with tempfile.TemporaryDirectory(prefix="decroche-test-") as folder:
        config = asterisk_settings(Path(folder))
        try:
            program(config)
        except NoAsterisk as missing:
            pytest.fail(f"{missing}; {missing.hint}")
        with Asterisk(config, demo=True) as server:
            yield server
