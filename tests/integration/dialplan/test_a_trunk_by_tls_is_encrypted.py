"""Two real Asterisks and a trunk by TLS between them: its certificate is checked, audio is SRTP, clear is refused."""

from __future__ import annotations

import asyncio
import datetime
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from asterisk_conf.trunks import keep_trunks
from store.base.settings import Settings
from store.trunks.checking import Srtp, Trunk
from tests.asterisk_fixture import asterisk_settings, free_port
from tests.integration.dialplan.test_calls_by_an_operators_trunk import CALLED, HOUSE, OPERATOR, OURS, Pair, side


@dataclass
class Paper:
    """A self-signed certificate for the two addresses, and its key."""

    key: Path
    pem: Path


def paper(folder: Path) -> Paper:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trunk.example")])
    addresses = [x509.IPAddress(IPv4Address(address)) for address in (HOUSE, OPERATOR)]
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    files = Paper(folder / "key.pem", folder / "certificate.pem")
    files.key.touch(0o600)
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    files.pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return files


def one(folder: Path, bind: str, port: int, far: Trunk, *, papers: Paper, authority: Paper) -> Settings:
    config = asterisk_settings(
        folder, bind=bind, sip_port=free_port(), tls_port=port, tls_key=str(papers.key),
        tls_certificate=str(papers.pem), tls_ca=str(authority.pem),
        **({"rtp_first": 34000, "rtp_last": 34099} if bind == HOUSE else {}),
    )  # fmt: skip
    keep_trunks(config, [replace(far, transport="tls", options_seconds=0)])
    return config


async def pair(
    stack: AsyncExitStack, folder: Path, *, theirs: Srtp, ours: Srtp, authority: Paper | None = None
) -> Pair:
    ports, papers = (free_port(), free_port()), paper(folder / "papers")
    house = one(folder / "house", HOUSE, ports[1], Trunk("far", OPERATOR, ports[0], srtp=ours),
                papers=papers, authority=authority or papers)  # fmt: skip
    operator = one(folder / "operator", OPERATOR, ports[0], Trunk("far", HOUSE, ports[1], srtp=theirs),
                   papers=papers, authority=papers)  # fmt: skip
    return Pair(await side(stack, operator), await side(stack, house))


async def test_a_call_by_tls_has_its_audio_encrypted(new_folder: Path) -> None:
    async with AsyncExitStack() as stack:
        both = await pair(stack, new_folder, theirs="require", ours="require")
        await both.house.dial(f"Local/{CALLED}@decroche-outbound/n", OURS)
        arrival = await both.operator.arrival()
        assert (arrival.args, arrival.caller) == (("inbound", CALLED), OURS)
        link = both.operator.line.link
        await link.answer(arrival.channel_id)
        assert await link.get_variable(arrival.channel_id, "CHANNEL(rtp,secure,audio)") == "1"
        assert await link.get_variable(arrival.channel_id, "CHANNEL(pjsip,secure)") == "1"


async def test_what_requires_encryption_refuses_a_call_in_clear(new_folder: Path) -> None:
    async with AsyncExitStack() as stack:
        both = await pair(stack, new_folder, theirs="off", ours="require")
        ended = asyncio.create_task(both.operator.outcome(CALLED, OURS))
        assert await ended not in {"answered", "busy"}
        assert both.house.line.arrivals.empty()
        assert await both.house.outcome() not in {"answered", "busy"}  # nor does a call of ours leave in clear
        assert both.operator.line.arrivals.empty()


async def test_what_only_offers_it_takes_a_call_in_clear(new_folder: Path) -> None:
    async with AsyncExitStack() as stack:
        both = await pair(stack, new_folder, theirs="off", ours="offer")
        await both.operator.dial(f"Local/{OURS}@decroche-outbound/n", CALLED)
        assert (await both.house.arrival()).args == ("inbound", OURS)


async def test_a_trunk_whose_certificate_nobody_vouches_for_is_not_spoken_to(new_folder: Path) -> None:
    async with AsyncExitStack() as stack:
        both = await pair(stack, new_folder, theirs="require", ours="require", authority=paper(new_folder / "other"))
        assert await both.house.outcome() == "congestion"  # Asterisk's own 503: the next trunk would be tried
        assert both.operator.line.arrivals.empty()
