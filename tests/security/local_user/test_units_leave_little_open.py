"""H9: what systemd runs is no root's and may do little; the files are what systemd accepts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ari_app.commands.units import service
from asterisk_conf.units import BACKUP, HARDENED, UPGRADE, VERIFY, backing_up, drop_in, units, upgrading
from store.base.errors import BadInput
from store.base.settings import Settings
from tests.asterisk_fixture import asterisk_settings

ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(sys, "prefix", "/opt/decroche/.venv")
    return asterisk_settings(tmp_path / "home").model_copy(update={"cache": tmp_path / "cache"})


def test_every_unit_is_an_unprivileged_users_and_hardened(config: Settings) -> None:
    for name, text in units(config).items():
        assert "User=decroche\n" in text, name
        lines = set(text.splitlines())
        for line in HARDENED.splitlines():
            if "{" not in line:
                assert line in lines, f"{name}: {line}"
        assert f"ReadWritePaths={config.home} {config.cache}" in text


def test_the_database_reaches_no_network(config: Settings) -> None:
    assert re.search(r"^RestrictAddressFamilies=AF_UNIX$", units(config)["decroche-database.service"], re.MULTILINE)


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not on this machine")
def test_systemd_accepts_them_and_finds_little_exposed(config: Settings, tmp_path: Path) -> None:
    assert ANALYZE is not None
    files = {
        **units(config),
        **upgrading(config),
        **backing_up(backed_up(config)),
        "asterisk.service": f"{drop_in()}ExecStart=/bin/true\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(re.sub(r"^ExecStart=/\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    paths = [str(tmp_path / name) for name in files]
    told = subprocess.run([ANALYZE, "verify", *paths], capture_output=True, text=True, check=False)
    assert [line for line in told.stderr.splitlines() if str(tmp_path) in line] == []
    for path in (str(tmp_path / name) for name in units(config)):
        done = subprocess.run(
            [ANALYZE, "security", "--offline=yes", "--threshold=30", "--no-pager", path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_portal_and_worker_have_their_units_and_give_way(config: Settings) -> None:
    files = units(config)
    assert "ExecStart=/opt/decroche/.venv/bin/decroche portal\n" in files["decroche-portal.service"]
    worker = files["decroche-work.service"].splitlines()
    assert {"ExecStart=/opt/decroche/.venv/bin/decroche work", "CPUSchedulingPolicy=idle", "Nice=19"} <= set(worker)


def test_the_upgrade_restarts_asterisk_by_its_own_unit_and_starts_none_itself(config: Settings) -> None:
    files = upgrading(config)
    starts = re.findall(r"^ExecStart=(.*)$", files[f"{UPGRADE}.service"], re.MULTILINE)
    assert starts == [
        "/opt/decroche/.venv/bin/decroche asterisk upgrade --no-start",
        "/usr/bin/systemctl try-restart decroche-asterisk.service",
    ]
    assert "decroche-asterisk.service" in units(config)
    assert "[Install]" not in files[f"{UPGRADE}.service"], "its timer is enabled, not it"
    assert "Persistent=yes" in files[f"{UPGRADE}.timer"]
    own = config.model_copy(update={"asterisk": config.asterisk.model_copy(update={"binary": "/usr/sbin/asterisk"})})
    assert upgrading(own) == {}


def test_a_home_in_roots_is_refused(config: Settings) -> None:
    with pytest.raises(BadInput, match="no way into /root"):
        units(config.model_copy(update={"home": Path("/root/.local/share/decroche")}))


def test_a_unit_of_the_operators_is_not_replaced(
    settings_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", "/opt/decroche/.venv")
    monkeypatch.setenv("DECROCHE_CACHE", "/var/cache/decroche")
    theirs = tmp_path / "decroche.service"
    theirs.write_text("[Service]\nExecStart=/mine\n")
    done = CliRunner().invoke(service, ["render", "--out", str(tmp_path)])
    assert done.exit_code != 0
    assert theirs.read_text() == "[Service]\nExecStart=/mine\n"
    theirs.unlink()
    for _ in range(2):
        assert CliRunner().invoke(service, ["render", "--out", str(tmp_path)]).exit_code == 0


def backed_up(config: Settings) -> Settings:
    """With a public key, and a folder of its own."""
    told = config.backup.model_copy(update={"recipient": "age1abc", "folder": "/mnt/backups"})
    return config.model_copy(update={"backup": told})


def test_backups_are_taken_at_night_and_verified_where_the_key_is_by_nobody_who_is_root(config: Settings) -> None:
    files = backing_up(backed_up(config))
    for name in (BACKUP, VERIFY):
        text = files[f"{name}.service"]
        assert "User=decroche\n" in text
        assert "ProtectSystem=strict" in text
        assert "-/mnt/backups" in text
        assert "OnCalendar=" in files[f"{name}.timer"]
    assert "backup run" in files[f"{BACKUP}.service"]
    assert "ConditionPathExists=/etc/decroche/backup.key" in files[f"{VERIFY}.service"]
    assert "--identity %d/key" in files[f"{VERIFY}.service"]


def test_without_a_public_key_no_night_fails(config: Settings) -> None:
    assert f"{BACKUP}.timer" not in backing_up(config)
