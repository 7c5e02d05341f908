"""STIR/SHAKEN: a real Asterisk calls a carrier, which reads the Identity header and verifies its signature."""

from __future__ import annotations

import base64
import json
import re
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ari_app.desk.vouching import Voucher
from ari_app.switch.asterisk.switch import AsteriskSwitch
from asterisk_conf.render import ARI_USER, ari_password
from asterisk_conf.server import Asterisk
from asterisk_conf.signing import keep_vouched
from compliance.ledgers.tenants import allow_number, revoke_number
from store import tenants
from store.db import Database
from tests.actors import OPERATOR
from tests.asterisk_fixture import asterisk_settings
from tests.shaken_certificate import Certificate, make_certificate

OURS, CALLED, FOREIGN = "+33162001234", "+33612345678", "+33199001234"
URL = "https://certificates.example/decroche.pem"


@dataclass
class Carrier:
    """The far side of the trunk: one UDP socket."""

    heard: socket.socket

    @property
    def address(self) -> str:
        host, port = self.heard.getsockname()
        return f"{host}:{port}"

    def invite(self) -> str:
        """The next INVITE's text; the call is then declined."""
        while True:
            data, peer = self.heard.recvfrom(65535)
            text = data.decode()
            if text.startswith("INVITE "):
                kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*$", text, re.MULTILINE)
                lines = [line.strip() + (";tag=carrier" if line.startswith("To:") else "") for line in kept]
                answer = "\r\n".join(["SIP/2.0 603 Decline", *lines, "Content-Length: 0", "", ""])
                self.heard.sendto(answer.encode(), peer)
                return text


@pytest.fixture
def carrier() -> Generator[Carrier]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.3", 0))
        heard.settimeout(20)
        yield Carrier(heard)


@pytest.fixture
def certificate(new_folder: Path) -> Certificate:
    return make_certificate(new_folder)


@contextmanager
def calling(home: Path, carrier: Carrier, signs: Certificate | None) -> Generator[Asterisk]:
    """An Asterisk whose trunk is the carrier."""
    changes: dict[str, object] = {"trunk": carrier.address, "trunk_peers": ["127.0.0.3"]}
    if signs:
        changes |= {
            "stir_shaken_key": str(signs.key),
            "stir_shaken_certificate": str(signs.pem),
            "stir_shaken_url": URL,
        }
    config = asterisk_settings(home, **changes)
    keep_vouched(config, [OURS])
    with Asterisk(config) as server:
        yield server


def called(server: Asterisk, carrier: Carrier, caller_id: str, *, by_trunk: bool = False) -> str:
    """The INVITE the carrier gets when the application's way out is taken; `by_trunk`: for one that came by it."""
    asked = {
        "endpoint": f"Local/{CALLED}@decroche-outbound/n",
        "callerId": caller_id,
        "context": "from-phone",
        "extension": "000",
    }
    httpx.post(
        f"http://127.0.0.1:{server.config.asterisk.http_port}/ari/channels",
        params=asked,
        json={"variables": {"__DECROCHE_FROM": "trunk"} if by_trunk else {}},
        auth=(ARI_USER, ari_password(server.config)),
    ).raise_for_status()
    return carrier.invite()


def identity(invite: str) -> str | None:
    found = re.search(r"^Identity:\s*(.+?)\r?$", invite, re.MULTILINE)
    return found[1] if found else None


def unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def read(part: str) -> dict[str, Any]:
    return json.loads(unpacked(part))


def verify(passport: str, public: ec.EllipticCurvePublicKey) -> None:
    """Raises InvalidSignature. A JWS holds r and s side by side, 32 bytes each (RFC 7518, 3.4)."""
    signed, _, signature = passport.rpartition(".")
    raw = unpacked(signature)
    assert len(raw) == 64
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))


def test_the_carrier_verifies_who_calls_whom(new_folder: Path, carrier: Carrier, certificate: Certificate) -> None:
    with calling(new_folder, carrier, certificate) as server:
        header = identity(called(server, carrier, OURS))
        log = server.log.read_text()
    assert header is not None
    passport, _, parameters = header.partition(";")
    assert f"info=<{URL}>" in parameters
    assert "ppt=shaken" in parameters.replace('"', "")
    verify(passport, certificate.public)
    head, claims, _ = passport.split(".")
    assert read(head) == {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": URL}
    told = read(claims)
    assert told["orig"] == {"tn": OURS[1:]}
    assert told["dest"] == {"tn": [CALLED[1:]]}
    assert told["attest"] == "A"
    assert abs(told["iat"] - time.time()) < 30
    assert [line for line in log.splitlines() if "WARNING[" in line or "ERROR[" in line] == []


def test_a_signature_changed_on_the_way_is_noticed(
    new_folder: Path, carrier: Carrier, certificate: Certificate
) -> None:
    with calling(new_folder, carrier, certificate) as server:
        header = identity(called(server, carrier, OURS))
    assert header is not None
    head, claims, signature = header.partition(";")[0].split(".")
    forged = {**read(claims), "orig": {"tn": FOREIGN[1:]}}
    packed = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
    with pytest.raises(InvalidSignature):
        verify(".".join((head, packed, signature)), certificate.public)


def test_a_number_that_is_not_ours_is_not_vouched_for(
    new_folder: Path, carrier: Carrier, certificate: Certificate
) -> None:
    with calling(new_folder, carrier, certificate) as server:
        assert identity(called(server, carrier, FOREIGN)) is None


def test_what_came_by_the_trunk_is_passed_on_unsigned_whatever_number_it_shows(
    new_folder: Path, carrier: Carrier, certificate: Certificate
) -> None:
    """H4: whoever spoofs a client's number, and is put through, does not leave with our word for it."""
    with calling(new_folder, carrier, certificate) as server:
        assert identity(called(server, carrier, OURS, by_trunk=True)) is None
        assert identity(called(server, carrier, OURS)) is not None


async def test_the_numbers_signed_for_are_those_tenants_may_show_now(
    new_folder: Path, carrier: Carrier, certificate: Certificate, database: Database
) -> None:
    now = datetime.now(UTC)
    with database.operator() as conn:
        tenant = tenants.add(conn, "cabinet", "Cabinet", by=OPERATOR).id
        allow_number(conn, tenant, FOREIGN, "contract 12", now, by=OPERATOR)
    with calling(new_folder, carrier, certificate) as server:
        voucher = Voucher(database, AsteriskSwitch(server.config, lambda _: None, lambda *_: None))
        await voucher.keep()
        assert identity(called(server, carrier, FOREIGN)) is not None
        assert identity(called(server, carrier, OURS)) is None  # no tenant has it: what was kept before does not count
        with database.operator() as conn:
            revoke_number(conn, tenant, FOREIGN, now, by=OPERATOR)
        await voucher.keep()
        assert identity(called(server, carrier, FOREIGN)) is None


def test_without_a_certificate_calls_leave_unsigned(new_folder: Path, carrier: Carrier) -> None:
    with calling(new_folder, carrier, None) as server:
        assert identity(called(server, carrier, OURS)) is None
        assert "res_stir_shaken" not in server.command("module show like stir_shaken")
