"""H9: root's service, portal and worker are the system user's, who is given what they write and no more."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

import pytest

from ari_app.doctor.exposure import settings_file
from ari_app.service.handing_over import GIVEN, hand, whom
from ari_app.service.processes import Background
from store.base.secrets import read_secret, write_secret
from store.base.settings import Settings
from store.base.unprivileged import system_user
from tests.integration.store.test_the_embedded_postgres_starts_stops_and_says_why_not import python_for_others

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands over; others are themselves")


@pytest.fixture
def user() -> pwd.struct_passwd:
    found = system_user()
    assert found is not None
    return found


@pytest.fixture
def of(new_folder: Path) -> Settings:
    """A home that is root's, and a cache with one model."""
    model = new_folder / "cache/models/small/weights.bin"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"x")
    return Settings(home=new_folder / "home", cache=new_folder / "cache")


def owner(path: Path) -> int:
    return path.lstat().st_uid


def test_what_they_write_is_given_and_the_home_and_the_settings_stay_roots(
    of: Settings, user: pwd.struct_passwd
) -> None:
    python_for_others()
    write_secret("asterisk-ari", "x", of=of)
    config = of.home / "decroche.toml"
    config.write_text("")
    config.chmod(0o644)
    said: list[str] = []
    assert whom(of, said.append) == user, said
    assert {name for name in GIVEN if owner(of.home / name) != user.pw_uid} == set()
    assert owner(of.home / "secrets/asterisk-ari") == user.pw_uid
    assert (owner(of.home), owner(config)) == (0, 0)
    assert (owner(of.cache / "models"), owner(of.cache / "voice")) == (0, 0)
    assert stat.S_IMODE((of.cache / "voice").stat().st_mode) & 0o070 == 0o070


def test_settings_that_they_cannot_read_keep_them_roots_and_it_is_said_which_file(of: Settings) -> None:
    python_for_others()
    config = of.folder() / "decroche.toml"
    config.write_text("")
    config.chmod(0o600)
    said: list[str] = []
    assert whom(of, said.append) is None
    assert len(said) == 1
    assert str(config) in said[0]
    assert not (of.home / "spool").exists(), "nothing is given then"


def test_settings_that_their_group_may_read_are_no_exposure(of: Settings, user: pwd.struct_passwd) -> None:
    config = of.folder() / "decroche.toml"
    named = of.model_copy(update={"database": of.database.model_copy(update={"url": "postgresql://u:p@h/d"})})
    config.write_text("")
    config.chmod(0o640)
    assert [finding.state for finding in settings_file(named)] == ["fail"]
    os.chown(config, 0, user.pw_gid)
    assert list(settings_file(named)) == []


def test_a_secret_that_root_writes_later_is_theirs_to_read(of: Settings, user: pwd.struct_passwd) -> None:
    hand(of, user)
    write_secret("trunk-ovh", "pw", of=of)
    assert owner(of.home / "secrets/trunk-ovh") == user.pw_uid
    assert read_secret("trunk-ovh", of=of) == "pw"


def test_no_link_and_no_second_name_has_a_file_of_roots_given_away(
    of: Settings, user: pwd.struct_passwd, new_folder: Path
) -> None:
    mine = new_folder / "mine"
    mine.write_text("root's")
    other = new_folder / "other"
    other.mkdir()
    (other / "inside").write_text("root's")
    logs = of.folder("logs")
    (logs / "a").symlink_to(mine)
    (logs / "b").symlink_to(other)
    os.link(mine, logs / "c")
    hand(of, user)
    assert (owner(mine), owner(other), owner(other / "inside")) == (0, 0, 0)


def test_a_process_is_the_users_and_knows_no_secret(
    of: Settings, user: pwd.struct_passwd, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_for_others()
    monkeypatch.setenv("OTHER_SECRET", "x")
    assert whom(of, lambda _: None) == user
    part = Background(of, "worker", "jobs")  # a command that ends, with nothing to connect to
    child = part.launch(user, ["list"])
    told = Path(f"/proc/{child.pid}")
    assert told.stat().st_uid == user.pw_uid
    assert b"OTHER_SECRET" not in (told / "environ").read_bytes()
    child.kill()
    child.wait()
    assert part.pid() is None
    assert stat.S_IMODE(part.log.stat().st_mode) == 0o600
