"""What an attacker would look for, the doctor tells first."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from ari_app.doctor.exposure import cache, doors, served_as
from ari_app.service.background import pid_file
from store.base.settings import Settings
from tests.asterisk_fixture import asterisk_settings

PHONES: dict[str, object] = {"phones": ["desk=+33162005678"], "bind": "192.0.2.1"}


def state(config: Settings, part: str) -> list[str]:
    return [finding.state for finding in doors(config) if finding.part == part]


def test_phones_in_clear_beyond_this_machine_fail(tmp_path: Path) -> None:
    assert state(asterisk_settings(tmp_path, **PHONES), "phones") == ["fail"]
    tls: dict[str, object] = {"tls_port": 5061, "tls_certificate": "/c.pem", "tls_key": "/k.pem"}
    assert state(asterisk_settings(tmp_path, **PHONES | tls), "phones") == ["ok"]
    assert state(asterisk_settings(tmp_path, **PHONES | {"bind": "127.0.0.1"}), "phones") == ["ok"]


def test_a_trunk_that_any_local_user_may_be_fails(tmp_path: Path) -> None:
    for peers, told in ((["127.0.0.2"], ["fail"]), ([], ["warn"]), (["192.0.2.9"], [])):
        config = asterisk_settings(tmp_path, trunk="sip.operator.example", trunk_peers=peers)
        assert state(config, "trunk peers") == told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_cache_of_somebody_elses_fails(tmp_path: Path) -> None:
    config = asterisk_settings(tmp_path / "home").model_copy(update={"cache": tmp_path / "cache"})
    (config.cache / "uv").mkdir(parents=True)
    assert [finding.state for finding in cache(config)] == ["ok"]
    os.chown(config.cache / "uv", pwd.getpwnam("nobody").pw_uid, -1)
    assert [finding.state for finding in cache(config)] == ["fail"]


def test_a_cache_that_others_may_write_fails(tmp_path: Path) -> None:
    config = asterisk_settings(tmp_path / "home").model_copy(update={"cache": tmp_path / "cache"})
    config.cache.mkdir()
    config.cache.chmod(0o777)
    assert [finding.state for finding in cache(config)] == ["fail"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be root")
@pytest.mark.parametrize(("user", "told"), [("root", "fail"), ("nobody", "ok")])
def test_a_service_that_runs_as_root_fails(tmp_path: Path, user: str, told: str) -> None:
    config = asterisk_settings(tmp_path)
    with subprocess.Popen(["/bin/sh", "-c", "read line", "serve"], stdin=subprocess.PIPE, user=user) as running:
        pid_file(config).write_text(str(running.pid))
        assert [finding.state for finding in served_as(config)] == [told]
        running.communicate()
