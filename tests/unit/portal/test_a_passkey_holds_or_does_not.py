"""What a browser is asked for a passkey, and which answers hold: pure questions, to a device in software."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

import pytest

from portal.passkeys import ceremony, kept, letters
from portal.passkeys.ceremony import Made, PasskeyRefused, Site, site_of
from store.base.errors import BadInput
from tests.authenticator import Device, packed

SITE = Site("espace.example.fr", "https://espace.example.fr")
WHO = UUID("0199f0c2-6f2e-7f0a-9d53-6b1f0f7f4c11")
ONE, TWO = b"1" * 32, b"2" * 32


def registered(device: Device, site: Site = SITE) -> Made:
    asked = ceremony.to_make(site, WHO, "claire@cabinet.fr", "Claire", ONE, [])
    return ceremony.made(SITE, ONE, device.make(asked))


@pytest.fixture
def device() -> Device:
    return Device(SITE.origin)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://espace.example.fr", SITE),
        ("https://Espace.example.fr/", SITE),
        ("https://espace.example.fr:443/x", SITE),
        ("https://espace.example.fr:8443", Site("espace.example.fr", "https://espace.example.fr:8443")),
        ("http://localhost:8096", Site("localhost", "http://localhost:8096")),
        ("http://espace.example.fr", None),
        ("http://127.0.0.1:8096", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]", None),
        ("https://espace.example.fr:port", None),
        ("", None),
    ],
)
def test_a_site_is_where_browsers_know_passkeys(url: str, site: Site | None) -> None:
    assert site_of(url) == site


def test_what_is_asked_wants_a_verified_user_and_no_second_key_of_one_device() -> None:
    asked = json.loads(ceremony.to_make(SITE, WHO, "claire@cabinet.fr", "", ONE, [b"held"]))
    assert asked["rp"]["id"] == SITE.id
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert [one["id"] for one in asked["excludeCredentials"]] == [packed(b"held")]
    assert asked["attestation"] == "none"
    shown = json.loads(ceremony.to_show(SITE, ONE, [b"held"]))
    assert (shown["rpId"], shown["userVerification"], shown["challenge"]) == (SITE.id, "required", packed(ONE))


def test_what_was_made_is_shown(device: Device) -> None:
    made = registered(device)
    answer = device.show(ceremony.to_show(SITE, TWO, [made.credential]))
    assert ceremony.claimed(answer) == (device.credential, WHO.bytes)
    assert ceremony.shown(SITE, TWO, answer, made.public_key, made.sign_count) == 2


def test_a_device_that_does_not_count_is_taken(device: Device) -> None:
    device.step = 0
    made = registered(device)
    assert ceremony.shown(SITE, TWO, device.show(ceremony.to_show(SITE, TWO)), made.public_key, 0) == 0


@pytest.mark.parametrize("count", [2, 3, 1000])
def test_a_counter_that_did_not_go_up_is_a_copy(device: Device, count: int) -> None:
    made = registered(device)
    with pytest.raises(PasskeyRefused):
        ceremony.shown(SITE, TWO, device.show(ceremony.to_show(SITE, TWO)), made.public_key, count)


def test_another_challenge_origin_site_or_key_is_refused(device: Device) -> None:
    made = registered(device)
    asked = ceremony.to_show(SITE, TWO)
    elsewhere = Site("autre.example.fr", SITE.origin)
    forged = {
        "an old challenge": device.show(ceremony.to_show(SITE, ONE)),
        "another origin": replace(device, origin="https://espace.example.fr.autre.fr").show(asked),
        "http": replace(device, origin="http://espace.example.fr").show(asked),
        "another site": device.show(ceremony.to_show(elsewhere, TWO)),
        "another key": Device(SITE.origin, credential=device.credential, handle=device.handle, count=5).show(asked),
        "nobody verified": replace(device, verified=False).show(asked),
        "what makes one": device.make(ceremony.to_make(SITE, WHO, "a@b.fr", "", TWO, [])),
    }
    for why, answer in forged.items():
        with pytest.raises(PasskeyRefused):
            raise AssertionError(f"{why}: {ceremony.shown(SITE, TWO, answer, made.public_key, made.sign_count)}")


@pytest.mark.parametrize("how", ["origin", "challenge", "unverified", "site"])
def test_one_that_was_made_elsewhere_or_by_nobody_is_refused(device: Device, how: str) -> None:
    device.origin = "https://autre.example.fr" if how == "origin" else device.origin
    device.verified = how != "unverified"
    site = Site("autre.example.fr", SITE.origin) if how == "site" else SITE
    answer = device.make(ceremony.to_make(site, WHO, "a@b.fr", "", TWO if how == "challenge" else ONE, []))
    with pytest.raises(PasskeyRefused):
        ceremony.made(SITE, ONE, answer)


@pytest.mark.parametrize(
    "answer",
    [
        "", "null", "[]", "7", '"x"', "{", "{}", '{"id":1}', "[" * 5000, "x" * 20_000,
        '{"id":"YQ","rawId":"YQ","type":"public-key","response":{}}',
        '{"id":"YQ","rawId":"YQ","type":"public-key","response":7}',
        '{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"YQ","authenticatorData":"YQ",'
        '"signature":"YQ","attestationObject":"YQ","userHandle":7}}',
        '{"id":"é","rawId":"é","type":"x","response":{"clientDataJSON":"é","userHandle":"é"}}',
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_refused(answer: str) -> None:
    with pytest.raises(PasskeyRefused):
        ceremony.made(SITE, ONE, answer)
    with pytest.raises(PasskeyRefused):
        ceremony.shown(SITE, ONE, answer, b"key", 0)
    with suppress(PasskeyRefused):  # it claims something, or is refused: nothing else is raised
        ceremony.claimed(answer)


def test_a_passkey_has_a_name_a_reader_can_read() -> None:
    assert kept.named("  Téléphone   de Claire ") == "Téléphone de Claire"
    for wrong in ("", "  ", "x" * 61, "a\x00b"):
        with pytest.raises(BadInput):
            kept.named(wrong)


@pytest.mark.parametrize("what", ["added", "removed"])
def test_a_letter_tells_what_to_do_where_it_was_somebody_else(what: str) -> None:
    letter = letters.written("claire@cabinet.fr", "Claire", what, "https://espace.example.fr/")
    text = letter.get_content()
    assert letter["To"] == "claire@cabinet.fr"
    assert "https://espace.example.fr/compte" in text
    assert "compromis" in text
    assert "compromised" in text
