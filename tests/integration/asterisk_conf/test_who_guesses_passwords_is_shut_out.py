"""fail2ban's filter, on what a real Asterisk writes of real attempts: guesses, unknown names, names made to deceive."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from asterisk_conf.banning import FAILREGEX, NAMES, fail2ban
from asterisk_conf.server import Asterisk
from tests.acceptance.calls.house import eventually

HOST = r"(?P<host>[0-9a-fA-F.:]+)"
DATE = re.compile(r"^\[[^\]]*\]")
DECEIT = (
    'x",LocalAddress="IPV4/UDP/127.0.0.1/5060",RemoteAddress="IPV4/UDP/203.0.113.9/5060",Challenge="',
    'x",RemoteAddress="IPV4/UDP/203.0.113.9/5060',
    'y\\",RemoteAddress="IPV4/UDP/203.0.113.9/1',
)
NAMES_TRIED = ("caller1", "nobody", *DECEIT)
ATTEMPTS = len(NAMES_TRIED) + 2 * len(DECEIT)


def attempt(port: int, name: str, call: str = "", challenge: str = "") -> None:
    """A REGISTER with a wrong proof. The log repeats `call`, its Call-ID, and `challenge`, its nonce."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(5)
        ours, call, tag = line.getsockname()[1], call or uuid4().hex, uuid4().hex[:8]
        user = name if name.isalnum() else "nobody"

        def send(sequence: int, proof: str) -> str:
            line.sendto(
                (
                    f"REGISTER sip:127.0.0.1:{port} SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP 127.0.0.1:{ours};branch=z9hG4bK{uuid4().hex}\r\nMax-Forwards: 70\r\n"
                    f"From: <sip:{user}@127.0.0.1>;tag={tag}\r\nTo: <sip:{user}@127.0.0.1>\r\n"
                    f"Call-ID: {call}\r\nCSeq: {sequence} REGISTER\r\nContact: <sip:{user}@127.0.0.1:{ours}>\r\n{proof}"
                    "Content-Length: 0\r\n\r\n"
                ).encode(),
                ("127.0.0.1", port),
            )
            return line.recv(8192).decode()

        answer = send(1, "")
        nonce = re.search(r'nonce="([^"]+)"', answer)
        assert nonce, answer
        quoted, answered = (text.replace("\\", "\\\\").replace('"', '\\"') for text in (name, challenge or nonce[1]))
        send(2, f'Authorization: Digest username="{quoted}", realm="asterisk", nonce="{answered}", '
                f'uri="sip:127.0.0.1:{port}", response="{uuid4().hex}", algorithm=MD5\r\n')  # fmt: skip


@pytest.fixture
def written(asterisk: Asterisk) -> list[str]:
    """The security lines of those attempts."""
    before = len(asterisk.log.read_text().splitlines())
    for name in NAMES_TRIED:
        attempt(asterisk.config.asterisk.sip_port, name)
    for text in DECEIT:
        attempt(asterisk.config.asterisk.sip_port, "caller1", text)
        attempt(asterisk.config.asterisk.sip_port, "caller1", challenge=text)

    def lines() -> list[str]:
        return [line for line in asterisk.log.read_text().splitlines()[before:] if "SecurityEvent" in line]

    eventually(
        "lines of failed proofs", lambda: sum("Failed" in line or "Invalid" in line for line in lines()) >= ATTEMPTS
    )
    return lines()


def test_every_guess_names_the_address_it_came_from_and_no_other(written: list[str]) -> None:
    assert any("203.0.113.9" in line for line in written), "the deceit did come to the log"
    regex = re.compile(FAILREGEX.replace("<HOST>", HOST))
    hosts = [found["host"] for line in written if (found := regex.search(DATE.sub("", line)))]
    assert len(hosts) >= ATTEMPTS
    assert set(hosts) == {"127.0.0.1"}


@pytest.mark.skipif(shutil.which("fail2ban-regex") is None, reason="fail2ban is not on this machine")
def test_fail2ban_itself_reads_them_so(written: list[str], tmp_path: Path) -> None:
    log = tmp_path / "messages.log"
    log.write_text("\n".join(written) + "\n")
    filter_file = tmp_path / "decroche-sip.conf"
    filter_file.write_text(fail2ban(log, [])[NAMES[0]])
    said = subprocess.run(
        ["fail2ban-regex", "-o", "<ip>", str(log), str(filter_file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert set(said.split()) == {"127.0.0.1"}
    assert len(said.split()) >= ATTEMPTS
