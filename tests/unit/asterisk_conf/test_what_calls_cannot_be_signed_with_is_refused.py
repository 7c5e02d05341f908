"""A key, certificate or setting calls could not be signed with is named before Asterisk is started."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from asterisk_conf.handover import handover
from asterisk_conf.signing import keep_vouched, signing, vouched
from store.base.errors import BadInput
from store.base.settings import AsteriskSettings, Settings
from tests.shaken_certificate import Certificate, make_certificate


def settings_of(made: Certificate, **changes: object) -> Settings:
    """Settings that sign, apart from the changes; their home is beside the certificate."""
    given: dict[str, object] = {
        "stir_shaken_key": str(made.key),
        "stir_shaken_certificate": str(made.pem),
        "stir_shaken_url": "https://c.example/c.pem",
    }
    return Settings(home=made.key.parent / "home", asterisk=AsteriskSettings.model_validate(given | changes))


def test_nothing_set_signs_nothing(tmp_path: Path) -> None:
    assert signing(Settings(home=tmp_path)) is None


def test_all_set_signs_the_numbers_vouched_for_at_the_level(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    config = settings_of(made, stir_shaken_level="B")
    keep_vouched(config, ["+33162001234"])
    signs = signing(config)
    assert signs is not None
    assert (signs.key, signs.level, signs.numbers) == (made.key, "B", ("+33162001234",))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stir_shaken_key", ""),
        ("stir_shaken_key", "/nowhere.key"),
        ("stir_shaken_certificate", ""),
        ("stir_shaken_certificate", "/nowhere.pem"),
        ("stir_shaken_url", ""),
        ("stir_shaken_url", "http://c.example/c.pem"),
        ("stir_shaken_url", "https://c.example/c.pem\nattest_level=A"),
    ],
)
def test_a_setting_that_is_wrong_is_named(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(BadInput, match=rf"asterisk\.{name} "):
        signing(settings_of(make_certificate(tmp_path), **{name: value}))


def test_before_any_number_is_vouched_for_none_is_signed(tmp_path: Path) -> None:
    signs = signing(settings_of(make_certificate(tmp_path)))
    assert signs is not None
    assert signs.numbers == ()


def test_a_list_with_what_is_no_number_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    config = settings_of(make_certificate(tmp_path))
    keep_vouched(config, ["+33162001234"])
    with pytest.raises(BadInput, match="0162001234"):
        keep_vouched(config, ["+33162001235", "0162001234"])
    assert vouched(config) == ("+33162001234",)


def test_a_key_others_may_read_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    made.key.chmod(0o640)
    with pytest.raises(BadInput, match="read by others") as caught:
        signing(settings_of(made))
    assert caught.value.hint == f"chmod 600 {made.key}"


def test_a_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "other")
    with pytest.raises(BadInput, match="do not go together"):
        signing(settings_of(make_certificate(tmp_path), stir_shaken_certificate=str(other.pem)))


def test_a_certificate_of_another_curve_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="P-256"):
        signing(settings_of(make_certificate(tmp_path, curve=ec.SECP384R1)))


def test_an_operators_own_asterisk_gets_the_file_it_signs_with(tmp_path: Path) -> None:
    config = settings_of(make_certificate(tmp_path))
    keep_vouched(config, ["+33162001234"])
    handover(config, tmp_path / "signed")
    assert "[33162001234]" in (tmp_path / "signed" / "stir_shaken.conf").read_text(encoding="utf-8")
    handover(Settings(home=config.home), tmp_path / "unsigned")
    assert not (tmp_path / "unsigned" / "stir_shaken.conf").exists()
