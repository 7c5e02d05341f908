"""M13: what root runs from stays root's: the image's test gives away no cache, and setup takes none of another's."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.integration.setup.bare_root import BareRoot
from tests.integration.setup.dockerfile import read
from tests.unit.scripts.test_setup_steps import shell

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give anything away")


@root_only
@pytest.mark.skipif(shutil.which("unshare") is None, reason="util-linux is not installed")
def test_the_images_steps_do_not_reach_this_machines_cache(tmp_path: Path) -> None:
    cache, folder = tmp_path / "cache", tmp_path / "kept/root"
    for name in ("wheels", "uv", "asterisk-root"):
        (cache / name).mkdir(parents=True)
    folder.mkdir(parents=True)
    before = {path: (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) for path in (cache, *cache.iterdir())}
    root = BareRoot(folder, read(), cache)
    inside = f"$0{root.image.environment['DECROCHE_CACHE']}"
    steps = [
        "mount --make-rprivate /", *root.cache_mounts(), f'test -d "{inside}/wheels"',
        f'install -d -m 0777 -o nobody "{inside}"', f'! test -e "{inside}/asterisk-root"',
    ]  # fmt: skip
    command = ["unshare", "--mount", "bash", "-c", " && ".join(steps), str(folder), str(root.own_cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    after = {path: (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) for path in before}
    assert after == before
    assert root.own_cache.stat().st_uid == pwd.getpwnam("nobody").pw_uid, "the step did run"


@root_only
def test_a_named_cache_that_somebody_else_may_change_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    assert shell("refuse_foreign_cache", cache=str(tmp_path), cache_was_named="yes").returncode == 0
    os.chown(tmp_path / "tools", pwd.getpwnam("nobody").pw_uid, -1)
    done = shell("refuse_foreign_cache", cache=str(tmp_path), cache_was_named="yes")
    assert done.returncode == 5
    assert "tools" in done.stderr


def test_a_named_cache_that_anybody_may_change_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools").chmod(0o777)
    assert shell("refuse_foreign_cache", cache=str(tmp_path), cache_was_named="yes").returncode == 5


@root_only
def test_the_usual_cache_that_was_given_away_is_set_aside_and_another_begun(tmp_path: Path) -> None:
    cache = tmp_path / "decroche"
    (cache / "tools").mkdir(parents=True)
    (cache / "tools/uv").write_text("somebody else's")
    os.chown(cache, pwd.getpwnam("nobody").pw_uid, -1)
    done = shell("refuse_foreign_cache", cache=str(cache), cache_was_named="")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in cache.iterdir()] == ["wheels"]
    assert cache.stat().st_uid == 0
    (aside,) = tmp_path.glob("decroche.set-aside-*")
    assert (aside / "tools/uv").read_text() == "somebody else's", "nothing is thrown away"
    assert str(aside) in done.stderr


def test_a_cache_that_is_ones_own_stays(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    done = shell("refuse_foreign_cache", cache=str(tmp_path), cache_was_named="")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "tools").is_dir()
