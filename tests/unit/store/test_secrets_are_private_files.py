"""Secret files: made once, mode 0600, refused when others can read them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store.base.errors import BadInput
from store.base.secrets import SecretExposed, SecretMissing, read_secret, secret, write_secret


def test_a_secret_is_made_once_and_then_stays(settings_home: Path) -> None:
    assert secret("ari") == secret("ari")


def test_two_secrets_differ_and_hold_256_bits(settings_home: Path) -> None:
    assert secret("ari") != secret("ami")
    assert len(secret("ari")) == 43


def test_the_file_is_0600_in_a_folder_0700(settings_home: Path) -> None:
    secret("ari")
    path = settings_home / "secrets" / "ari"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_others_can_read_is_refused_and_says_what_to_type(settings_home: Path, mode: int) -> None:
    secret("ari")
    (settings_home / "secrets" / "ari").chmod(mode)
    with pytest.raises(SecretExposed) as caught:
        secret("ari")
    assert "chmod 0600" in caught.value.hint


def test_a_folder_others_can_read_is_refused(settings_home: Path) -> None:
    secret("ari")
    (settings_home / "secrets").chmod(0o755)
    with pytest.raises(SecretExposed):
        secret("ari")


def test_a_link_to_elsewhere_is_refused(settings_home: Path, tmp_path: Path) -> None:
    secret("ari")
    (tmp_path / "other").write_text("x")
    (settings_home / "secrets" / "ami").symlink_to(tmp_path / "other")
    with pytest.raises(SecretExposed):
        secret("ami")


@pytest.mark.parametrize("name", ["../ari", "", "a/b", "Ari", ".ari"])
def test_a_name_cannot_lead_out_of_the_folder(settings_home: Path, name: str) -> None:
    with pytest.raises(BadInput):
        secret(name)


def test_a_secret_that_must_exist_is_not_made(settings_home: Path) -> None:
    with pytest.raises(SecretMissing):
        read_secret("stripe")


def test_a_given_secret_is_never_overwritten(settings_home: Path) -> None:
    write_secret("stripe", "sk_test_1")
    with pytest.raises(FileExistsError):
        write_secret("stripe", "sk_test_2")
    assert read_secret("stripe") == "sk_test_1"


def test_many_who_ask_at_once_get_the_same_secret(settings_home: Path) -> None:
    (settings_home / "secrets").mkdir(parents=True, mode=0o700)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: secret("ari"), range(32)))) == 1
