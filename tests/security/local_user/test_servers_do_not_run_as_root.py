"""H9, M8: what faces the network is no root's, changes no configuration, and is given no secret of our environment."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ari_app.doctor.machine import home
from asterisk_conf.server import Asterisk
from store.base.unprivileged import NotPrivate, environment, private_folder, system_user
from store.embedded import EmbeddedServer
from tests.asterisk_fixture import asterisk_settings
from tests.integration.store.test_the_embedded_postgres_starts_stops_and_says_why_not import python_for_others
from tests.shaken_certificate import make_certificate

ROOT = Path(__file__).parents[3]
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands over; others are themselves")


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


@root_only
def test_roots_asterisk_is_not_root_and_knows_no_secret(new_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECROCHE_STRIPE_KEY", "sk_live_x")
    made = make_certificate(new_folder)
    config = asterisk_settings(
        new_folder / "home", stir_shaken_key=str(made.key), stir_shaken_certificate=str(made.pem),
        stir_shaken_url="https://op.example/cert.pem",
    )  # fmt: skip
    user = system_user()
    assert user is not None
    with Asterisk(config, demo=True) as server:
        pid = server.pid()
        assert pid is not None
        assert status(pid)["Uid"].split() == [str(user.pw_uid)] * 4
        assert status(pid)["Groups"] in ("", str(user.pw_gid))
        assert b"DECROCHE_" not in Path(f"/proc/{pid}/environ").read_bytes()
        assert "res_stir_shaken" in server.command("module show like stir_shaken")
        mine = may_write(user, server.home)
        assert {path.relative_to(server.home).parts[0] for path in mine} == {"lib", "spool", "log", "run"}
        assert [finding.state for finding in home(config)] == ["ok"]


def may_write(user: pwd.struct_passwd, folder: Path) -> list[Path]:
    """What `user` may write in a folder, and below."""
    found = subprocess.run(
        ["find", str(folder), *map(str, folder.iterdir()), "-writable", "-not", "-type", "l"],
        user=user.pw_uid, group=user.pw_gid, extra_groups=[], capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    return [Path(line) for line in found.stdout.splitlines()]


@root_only
def test_what_roots_asterisk_wrote_before_is_handed_over(new_folder: Path) -> None:
    config = asterisk_settings(new_folder / "home")
    for name in ("lib", "log", "spool", "run"):
        config.folder("asterisk", name)
    (config.home / "asterisk/log/messages.log").write_text("of root's\n")
    with Asterisk(config) as server:
        server.publish_number("+33162001234")
        assert server.published_numbers() == {"+33162001234": ""}
        assert (server.home / "log/messages.log").stat().st_uid != 0


@root_only
def test_an_ordinary_users_asterisk_is_its_own(new_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    new_folder.chmod(0o755)
    folder = new_folder / "home"
    folder.mkdir(mode=0o700)
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    of = asterisk_settings(folder)
    ports = {
        name: getattr(of.asterisk, name) for name in ("sip_port", "http_port", "ami_port", "rtp_first", "rtp_last")
    }
    script = (
        "from asterisk_conf.server import Asterisk as A; from store.base.settings import settings\n"
        "with A(settings()) as a: print(a.status().pid == a.pid())"
    )
    libraries = [str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]
    done = subprocess.run(
        [python_for_others(), "-c", script], cwd=ROOT,
        env={"DECROCHE_HOME": str(folder), "DECROCHE_CACHE": str(of.cache), "HOME": str(folder), "PATH": os.defpath,
             "PYTHONPATH": ":".join(libraries),
             **{f"DECROCHE_ASTERISK__{name.upper()}": str(value) for name, value in ports.items()}},
        user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["True"], done.stderr


def test_a_child_is_given_no_setting_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECROCHE_STRIPE_KEY", "sk_live_x")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    assert set(environment(HOME="/x")) <= {"PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME"}


@pytest.mark.parametrize("case", ["a link", "open to others", "a file"])
def test_a_folder_that_another_prepared_is_refused_and_left_as_it_is(tmp_path: Path, case: str) -> None:
    target, folder = tmp_path / "target", tmp_path / "decroche-1"
    target.mkdir(mode=0o755)
    match case:
        case "a link":
            folder.symlink_to(target)
        case "open to others":
            folder.mkdir()
            folder.chmod(0o777)
        case _:
            folder.touch()
    before = target.stat(), folder.lstat()
    with pytest.raises(NotPrivate):
        private_folder(folder, system_user())
    for then, now in zip(before, (target.stat(), folder.lstat()), strict=True):
        assert (then.st_uid, then.st_gid, then.st_mode) == (now.st_uid, now.st_gid, now.st_mode)


@root_only
def test_a_folder_of_another_users_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "decroche-1"
    folder.mkdir(mode=0o700)
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(NotPrivate):
        private_folder(folder)


def test_postgres_is_never_told_a_password_in_clear(settings_home: Path) -> None:
    from store.base.settings import settings

    server = EmbeddedServer(settings())
    assert "require_auth=scram-sha-256" in server.dsn()
    server.start(durable=False)
    try:
        assert stat.S_IMODE((settings().home / "postgres.lock").stat().st_mode) == 0o600
    finally:
        server.stop()
