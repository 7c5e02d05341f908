"""Phones, trunk peers and mirrors that are wrong are named before Asterisk is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from asterisk_conf.install import InstallFailed, choose_mirror
from asterisk_conf.phones import phones
from asterisk_conf.render import Places, render
from store.base.errors import BadInput
from store.base.settings import AsteriskSettings, Settings

PLACES = Places(Path("/h"), Path("/r"), Path("/m"), Path("/d"))


def settings_with(home: Path, **changes: object) -> Settings:
    """Settings that differ from the defaults in Asterisk's part."""
    return Settings(home=home, asterisk=AsteriskSettings.model_validate(changes))


def test_a_trunk_peer_on_the_phones_own_loopback_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="swallow the registrations"):
        render(settings_with(tmp_path, trunk_peers=["127.0.0.1"]), PLACES)


@pytest.mark.parametrize("peer", ["127.0.0.2", "127.0.0.0/8", "127.9.9.9"])
def test_with_a_real_trunk_no_user_of_this_machine_is_a_peer(tmp_path: Path, peer: str) -> None:
    with pytest.raises(BadInput, match="any user of this machine would be the trunk"):
        render(settings_with(tmp_path, trunk="sip.example.org", trunk_peers=["192.0.2.7", peer]), PLACES)


def test_by_default_nobody_is_the_trunk(tmp_path: Path) -> None:
    assert "type=identify" not in render(settings_with(tmp_path), PLACES)["pjsip.conf"]


@pytest.mark.parametrize("entry", ["desk", "desk=", "desk=112", "trunk=+33199001234", "Desk=+33199001234", "a]=+331"])
def test_a_phone_that_is_no_phone_is_named(tmp_path: Path, entry: str) -> None:
    with pytest.raises(BadInput) as caught:
        phones(settings_with(tmp_path, phones=[entry]))
    assert repr(entry) in str(caught.value)


def test_two_phones_with_one_number_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\+33199001234"):
        phones(settings_with(tmp_path, phones=["a=0199001234", "b=+33199001234"]))


def test_demonstration_phones_exist_only_in_a_demonstration(tmp_path: Path) -> None:
    assert phones(settings_with(tmp_path)) == []
    assert "caller1" in {phone.name for phone in phones(settings_with(tmp_path), demo=True)}


def test_every_phone_has_a_password_of_its_own(tmp_path: Path) -> None:
    text = render(settings_with(tmp_path), PLACES, demo=True)["pjsip.conf"]
    passwords = [line for line in text.splitlines() if line.startswith("password=")]
    assert len(passwords) == len(set(passwords)) == len(phones(settings_with(tmp_path), demo=True))


def test_the_operators_trunk_is_dialled_as_its_user(tmp_path: Path) -> None:
    config = settings_with(tmp_path, trunk="sip.example:5080", trunk_user="acme")
    secrets = config.folder("secrets")
    (secrets / "trunk").write_text("s3cret\n")
    (secrets / "trunk").chmod(0o600)
    text = render(config, PLACES)["pjsip.conf"]
    assert "contact=sip:sip.example:5080" in text
    assert "from_user" not in text  # From is the number that is shown
    assert "password=s3cret" in text


def test_the_mirror_is_a_debian_archive_and_no_security_archive() -> None:
    lines = ["Other http://other/", "Debian http://mirror/debian-security/", "Debian http://mirror/debian/"]
    assert choose_mirror(lines) == "http://mirror/debian/"


def test_without_a_debian_mirror_the_way_out_is_said() -> None:
    with pytest.raises(InstallFailed) as caught:
        choose_mirror(["Ubuntu http://mirror/ubuntu/"])
    assert "asterisk.binary" in caught.value.hint
