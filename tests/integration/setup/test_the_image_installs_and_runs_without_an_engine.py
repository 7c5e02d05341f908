"""The Dockerfile's own steps, run in a bare Debian root; then what the container would run, as its user.

The root is kept in the cache, by the digest of what makes it: minutes the first time, seconds afterwards.
The code in it is copied anew each time.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from store.base.settings import Settings
from tests.asterisk_fixture import free_port
from tests.integration.setup.bare_root import BareRoot, digest
from tests.integration.setup.dockerfile import read

pytestmark = [
    pytest.mark.slow_setup,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(os.geteuid() != 0, reason="a root is entered by root"),
    pytest.mark.skipif(shutil.which("mmdebstrap") is None, reason="mmdebstrap is not installed"),
]


@pytest.fixture(scope="module")
def root() -> BareRoot:
    """The image's root, built by the Dockerfile's steps."""
    cache = Settings().cache
    kept = cache / "image-test"
    kept.mkdir(parents=True, exist_ok=True)
    found = BareRoot(kept / digest(), read(), cache)
    if not found.folder.exists():
        for old in kept.iterdir():
            shutil.rmtree(old)
        draft = BareRoot(kept / "draft", found.image, cache)
        draft.make()
        draft.build()
        draft.folder.rename(found.folder)
    found.copy()
    found.run("rm -rf /var/lib/decroche/*", user="root")
    return found


def test_the_command_answers_as_the_images_user(root: BareRoot) -> None:
    assert "decroche, version" in root.run("decroche --version; test $(id -u) -ne 0")


def test_the_doctor_finds_nothing_missing_in_the_image(root: BareRoot) -> None:
    lines = root.run(f"{_ports()} decroche doctor --json").splitlines()
    states = {row["part"]: (row["state"], row["detail"]) for row in map(json.loads, lines)}
    assert [part for part, (state, _) in states.items() if state == "fail"] == []
    assert states["asterisk"][1].endswith("/usr/sbin/asterisk")
    assert states["voice fr"][0] in ("ok", "warn")


def test_asterisk_runs_as_the_images_user(root: BareRoot) -> None:
    told = root.run(f"export {_ports()}; decroche asterisk up; decroche asterisk status --json; decroche asterisk down")
    status = json.loads(next(line for line in told.splitlines() if line.startswith("{")))
    assert int(status["version"].split(".")[0]) >= 22
    assert status["modules"] > 50


def test_the_embedded_database_runs_as_the_images_user(root: BareRoot) -> None:
    told = root.run("decroche tenant add essai --name Essai >/dev/null; decroche tenant list --json; decroche down")
    assert '"essai"' in told


def test_the_health_check_says_that_nothing_runs_yet(root: BareRoot) -> None:
    assert root.image.health == ("decroche", "status")
    root.run(" ".join(root.image.health), ok=(5,))


def test_the_image_holds_no_compiler_and_no_tests(root: BareRoot) -> None:
    assert not (root.folder / "usr/bin/gcc").exists()
    assert not (root.folder / "opt/decroche/tests").exists()


def _ports() -> str:
    names = ("SIP_PORT", "HTTP_PORT", "AMI_PORT")
    return " ".join(f"DECROCHE_ASTERISK__{name}={free_port()}" for name in names)


def test_what_the_container_runs_is_there(root: BareRoot) -> None:
    program = root.folder / root.image.workdir.lstrip("/") / root.image.command[0]
    assert os.access(Path(program), os.X_OK)


def test_the_container_gets_ready_and_its_health_check_then_agrees(root: BareRoot) -> None:
    """The models come from the cache; when Asterisk, database and models are up, `decroche status` ends with 0."""
    start = f"export {_ports()} DECROCHE_SKIP_MODELS=1; {root.image.command[0]} >/tmp/container.log 2>&1 & "
    up = "decroche status --json 2>/dev/null | grep service.:..up"
    ready = f"timeout 150 sh -c 'until {up}; do sleep 1; done' || cat /tmp/container.log"
    told = root.run(f"{start} {ready}; {' '.join(root.image.health)} >/dev/null; decroche down >/dev/null", seconds=240)
    assert '"service": "up"' in told
