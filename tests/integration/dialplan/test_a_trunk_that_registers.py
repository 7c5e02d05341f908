"""A trunk by registration: made for half an hour, proved by digest, told when lost, called by its account's name."""

from __future__ import annotations

import asyncio

from ari_app.doctor.trunks import trunks
from asterisk_conf.applying import states, use_trunks
from store.base.secrets import write_secret
from store.trunks.checking import Trunk
from tests.integration.call.conftest import until
from tests.integration.dialplan.carriers import header
from tests.integration.dialplan.conftest import CALLED, OURS, SECOND, Build


async def test_a_registration_is_made_for_half_an_hour_and_told_when_it_is_lost(build: Build) -> None:
    house = await build({"username": "acme", "registers": True}, {"username": "0033162", "registers": True})
    asked = await house.first.asked("REGISTER")
    assert header(asked, "Expires") == "1800"
    assert "<sip:acme@" in header(asked, "To")
    await until("registration", lambda: states(house.server)["ovh"].registration == "Registered")
    found = states(house.server)["ovh"]
    assert found.why == ""
    assert 1700 < (found.expires or 0) <= 1800
    (told,) = [finding for finding in trunks(house.server.config) if finding.part == "trunk ovh"]
    assert told.state == "ok"
    house.first.refused = 403
    await asyncio.to_thread(house.server.command, "pjsip send register trunk.ovh")
    await house.first.asked("REGISTER", 2)
    await until("loss", lambda: states(house.server)["ovh"].why == "not registered (Rejected)")
    (told,) = [finding for finding in trunks(house.server.config) if finding.part == "trunk ovh"]
    assert (told.state, "no call comes by it" in told.detail) == ("fail", True)


async def test_a_carrier_that_asks_who_we_are_is_told(build: Build) -> None:
    house = await build({}, {})
    house.second.realm = "carrier"
    write_secret("trunk-reg", "s3;cret", of=house.server.config)
    trunk = Trunk("reg", SECOND, house.second.port, username="acme", registers=True, options_seconds=0)
    await asyncio.to_thread(use_trunks, house.server, [trunk])
    proof = header(await house.second.asked("REGISTER", 2), "Authorization")
    assert 'username="acme"' in proof
    assert _response(proof, "acme", "s3;cret", "REGISTER") in proof
    call = house.second.call(house.at, OURS, CALLED, at="acme")
    await until("arrival", lambda: not house.line.arrivals.empty())
    entry = house.line.arrivals.get_nowait()
    assert (entry.args, entry.caller) == (("inbound", OURS), CALLED)
    assert entry.name.startswith("PJSIP/trunk.reg-")
    assert call


def _response(proof: str, account: str, password: str, method: str) -> str:
    """The digest (RFC 2617) that the right password gives."""
    from hashlib import md5

    def digest(text: str) -> str:
        return md5(text.encode(), usedforsecurity=False).hexdigest()

    said = {
        k: v.strip('"')
        for k, _, v in (part.strip().partition("=") for part in proof.removeprefix("Digest ").split(","))
    }
    known = digest(f"{account}:{said['realm']}:{password}")
    what = digest(f"{method}:{said['uri']}")
    return digest(f"{known}:{said['nonce']}:{said['nc']}:{said['cnonce']}:{said['qop']}:{what}")
