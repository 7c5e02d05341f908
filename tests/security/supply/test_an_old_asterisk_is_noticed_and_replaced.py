"""H10: an Asterisk with known holes is told and fetched anew; an old index that is played again gives none."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ari_app.doctor.exposure import asterisk_version, postgres_version
from asterisk_conf import install
from asterisk_conf.install import InstallFailed, fetch, installed
from asterisk_conf.program import LEAST
from store.base.settings import Settings
from tests.asterisk_fixture import asterisk_settings

BELOW = f"{LEAST[0]}.{LEAST[1] - 1}.0"
GOOD, NEWER = ".".join(map(str, LEAST)), f"{LEAST[0]}.{LEAST[1] + 1}.0"
LOADER = "usr/lib/$(uname -m)-linux-gnu/ld-linux-x.so.2"


class Archive:
    """A Debian archive as mmdebstrap shows it: `has` is the version it gives, `expired` whether its index is late."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        (folder / "bin").mkdir()

    def has(self, version: str, *, expired: bool = False) -> None:
        refuses = (
            'case "$*" in *Check-Valid-Until*) ;; *) echo "E: Release file is not valid anymore" >&2; exit 1;; esac'
        )
        script = f"""#!/bin/sh
echo "$*" >> {self.calls}
{refuses if expired else ":"}
for root in "$@"; do case "$root" in */root) break;; esac; done
mkdir -p "$root/usr/sbin" "$root/var/lib/dpkg" "$root/usr/lib/$(uname -m)-linux-gnu"
touch "$root/usr/sbin/asterisk" "$root/var/lib/dpkg/status"
printf '#!/bin/sh\\necho Asterisk {version}\\n' > "$root/{LOADER}"
chmod +x "$root/{LOADER}"
"""
        program = self.folder / "bin/mmdebstrap"
        program.write_text(script)
        program.chmod(0o755)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    made = Archive(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return made


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    return asterisk_settings(tmp_path / "home").model_copy(update={"cache": tmp_path / "cache"})


def states(config: Settings, now: datetime | None = None) -> list[str]:
    return [finding.state for finding in asterisk_version(config, now)]


def test_one_below_the_least_fails_the_doctor_and_is_fetched_anew(
    archive: Archive, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.has(BELOW)
    with monkeypatch.context() as then:
        then.setattr(install, "LEAST", (22, 0, 0))  # what was good on the day of its installation
        assert install.install(config.cache) == BELOW
    assert states(config) == ["fail"]
    archive.has(GOOD)
    assert install.install(config.cache) == GOOD
    assert states(config) == ["ok"]


def test_one_that_is_good_is_left_alone(archive: Archive, config: Settings) -> None:
    archive.has(GOOD)
    install.install(config.cache)
    archive.has(NEWER)
    assert install.install(config.cache) == GOOD
    assert fetch(config.cache) == NEWER


@pytest.mark.parametrize("expired", [False, True])
def test_an_old_index_gives_no_old_asterisk(archive: Archive, config: Settings, expired: bool) -> None:
    archive.has(BELOW, expired=expired)
    with pytest.raises(InstallFailed, match="least that is taken"):
        install.install(config.cache)
    assert installed(config.cache) is None


def test_an_upgrade_takes_no_step_back(archive: Archive, config: Settings) -> None:
    archive.has(NEWER)
    install.install(config.cache)
    archive.has(GOOD, expired=True)
    with pytest.raises(InstallFailed):
        fetch(config.cache)
    assert installed(config.cache) == NEWER
    assert sorted(path.name for path in config.cache.iterdir()) == ["asterisk-root"]


def test_the_index_is_asked_to_be_fresh_first(archive: Archive, config: Settings) -> None:
    archive.has(GOOD, expired=True)
    assert install.install(config.cache) == GOOD
    asked = archive.calls.read_text().splitlines()
    assert ["Min-ValidTime" in line for line in asked] == [True, False]


def test_one_that_was_forgotten_is_told(archive: Archive, config: Settings) -> None:
    archive.has(GOOD)
    install.install(config.cache)
    assert states(config, datetime.now(UTC) + timedelta(days=31)) == ["warn"]


def test_the_wheels_postgres_has_no_known_hole(config: Settings) -> None:
    assert [finding.state for finding in postgres_version(config)] == ["ok"]
