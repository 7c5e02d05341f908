"""The shell under scripts/setup: a step is done once, says what it does, and stops on what fails."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def shell(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`script` with setup's functions at hand, as scripts/setup has them."""
    sources = "\n".join(f". scripts/lib/{name}.sh" for name in ("steps", "packages", "python", "llama", "parts"))
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\npurpose=${{purpose:-}}\n{sources}\n{script}"],
        cwd=ROOT,
        env={**os.environ, "cache": "/nonexistent", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_step_that_is_not_needed_is_said_to_be_ready() -> None:
    done = shell("need_it() { false; }; install_it() { echo installed; }; step 2 'the thing' 'a minute' it")
    assert (done.stdout, done.stderr) == ("", "[2/5] the thing: ready\n")


def test_a_step_that_is_needed_says_how_long_it_takes_and_took() -> None:
    done = shell("need_it() { true; }; install_it() { echo installed; }; step 2 'the thing' 'a minute' it")
    assert done.stdout == "installed\n"
    assert done.stderr.startswith("[2/5] the thing: about a minute …\n[2/5] the thing: done in ")


def test_a_step_that_fails_shows_what_it_printed_and_ends_setup_with_5() -> None:
    failing = (
        "need_it() { true; }; install_it() { quietly sh -c 'echo the reason; exit 3'; echo went on; }; step 1 a b it"
    )
    done = shell(failing)
    assert done.returncode == 5
    assert "the reason" in done.stderr
    assert "went on" not in done.stdout


def test_what_a_successful_step_prints_is_not_shown() -> None:
    done = shell("quietly echo noise")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_two_setups_on_one_cache_take_turns(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    first = subprocess.Popen(
        ["bash", "-c", f'. scripts/lib/steps.sh; one_at_a_time "{lock}"; echo held; read -r _'],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert first.stdout
    assert first.stdout.readline() == "held\n"
    second = subprocess.Popen(
        ["bash", "-c", f'. scripts/lib/steps.sh; one_at_a_time "{lock}"; echo mine'],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert second.stderr
    assert "waiting" in second.stderr.readline()
    assert second.poll() is None
    first.communicate("\n", timeout=20)
    assert second.communicate(timeout=20)[0] == "mine\n"


def test_a_service_needs_no_model_that_only_tests_need() -> None:
    assert "smollm2-135m" not in shell("wanted_models", purpose="--service").stdout
    assert "smollm2-135m" in shell("wanted_models").stdout


def test_an_image_uses_the_machines_own_asterisk_and_fetches_no_models() -> None:
    done = shell("need_models || echo no models; need_asterisk || echo no root; package_groups", purpose="--image")
    lines = done.stdout.split("\n")
    assert lines[:2] == ["no models", "no root"]
    assert "image" in lines
    assert "fetch" not in lines


def test_an_own_asterisk_is_not_fetched() -> None:
    assert shell("need_asterisk || echo no", DECROCHE_ASTERISK__BINARY="/usr/sbin/asterisk").stdout == "no\n"


def test_a_wheel_that_is_kept_needs_no_compiler(tmp_path: Path) -> None:
    folder = Path(shell("llama_folder", cache=str(tmp_path)).stdout.strip())
    not_installed = "need_llama() { true; }; package_groups"
    assert "build" in shell(not_installed, cache=str(tmp_path)).stdout
    folder.mkdir(parents=True)
    (folder / "llama_cpp_python-0-py3-none-any.whl").touch()
    assert "build" not in shell(not_installed, cache=str(tmp_path)).stdout


def test_an_environment_that_was_moved_is_made_again(tmp_path: Path) -> None:
    for name in ("scripts", "requirements.lock", "requirements-dev.lock", "requirements-uv.lock", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    stamp = f"cd {tmp_path}; lock_stamp"
    assert shell(stamp).stdout == shell(stamp).stdout
    assert shell(stamp).stdout != shell("lock_stamp").stdout


def test_an_image_is_built_for_any_processor() -> None:
    assert shell("llama_flavour", purpose="--image").stdout == "portable\n"


def test_every_package_belongs_to_a_known_group() -> None:
    lines = [line.partition("#")[0].split() for line in (ROOT / "scripts/lib/packages.txt").read_text().splitlines()]
    assert {words[1] for words in lines if words} == {"run", "build", "dev", "fetch", "image"}
    assert all(len(words) == 2 for words in lines if words)


def test_every_model_setup_pulls_is_in_the_catalogue() -> None:
    from store.weights import model

    for name in shell("wanted_models").stdout.split():
        assert model(name).name == name


def test_setup_refuses_an_option_it_does_not_know_and_shows_the_ones_it_does() -> None:
    done = subprocess.run([ROOT / "scripts/setup", "--all"], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert "--service" in done.stdout


@pytest.mark.parametrize("script", ["setup", "demo", "test", "check", "bench", "lock", "lib/container"])
def test_every_script_can_be_run_and_stops_at_the_first_failure(script: str) -> None:
    path = ROOT / "scripts" / script
    assert os.access(path, os.X_OK)
    assert "set -euo pipefail" in path.read_text()


def test_a_build_that_outlives_its_killed_setup_keeps_the_lock(tmp_path: Path) -> None:
    lock, job = tmp_path / "lock", tmp_path / "job"
    os.mkfifo(job)
    build = f"sh -c 'echo $$ >{job}; exec sleep 60'"
    setup = subprocess.Popen(
        ["bash", "-c", f'. scripts/lib/steps.sh; one_at_a_time "{lock}"; keep_lock=yes quietly {build}'], cwd=ROOT
    )
    building = int(job.read_text())  # waits for the build to begin
    setup.kill()
    setup.wait(10)
    try:
        assert subprocess.run(["flock", "-n", str(lock), "true"], check=False).returncode == 1
    finally:
        os.kill(building, 9)
    assert subprocess.run(["flock", "-w", "10", str(lock), "true"], check=False).returncode == 0


ORDINARY = 'id() { [ "$1" = -u ] && echo 1000 || echo marie; }; '


def test_an_ordinary_user_is_told_that_sudo_is_used_and_for_what() -> None:
    done = shell(ORDINARY + "sudo() { true; }; become_root 'Debian packages' 'apt-get install cmake'; echo went on")
    assert done.returncode == 0
    assert "root is needed for Debian packages: by sudo" in done.stderr
    assert done.stdout == "went on\n"


@pytest.mark.parametrize("way", ["sudo() { false; }", "PATH=/nonexistent"])
def test_without_a_way_to_root_setup_says_what_root_types_and_stops(way: str) -> None:
    done = shell(ORDINARY + way + "; become_root 'Debian packages' 'apt-get install cmake'; echo went on")
    assert done.returncode == 5
    assert "as root: apt-get install cmake; then run this again" in done.stderr
    assert done.stdout == ""


def test_what_sudo_runs_goes_through_the_users_proxy() -> None:
    done = shell(ORDINARY + 'sudo() { echo "$@"; }; as_root apt-get update', http_proxy="http://proxy:3128")
    assert "http_proxy=http://proxy:3128" in done.stdout
    assert done.stdout.endswith("apt-get update\n")
    assert "proxy:" not in shell(ORDINARY + 'unset http_proxy; sudo() { echo "$@"; }; as_root true').stdout


def test_ctrl_c_in_a_step_ends_setup_and_what_the_step_had_begun(tmp_path: Path) -> None:
    script = "trap 'exit 130' INT; quietly sh -c 'echo $$ >\"$mark\"; exec sleep 300'; echo went on"
    sources = ". scripts/lib/steps.sh"
    mark = tmp_path / "mark"
    mark.touch()
    setup = subprocess.Popen(
        ["bash", "-c", f"set -euo pipefail\n{sources}\n{script}"], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "mark": str(mark)}, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not mark.read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(setup.pid, signal.SIGINT)
    said, _ = setup.communicate(timeout=60)
    assert (setup.returncode, said) == (130, "")
    job = Path(f"/proc/{mark.read_text().strip()}")
    while job.exists() and "sleep" in (job / "cmdline").read_text():
        assert time.monotonic() < deadline, "the step's program runs on"
        time.sleep(0.01)
