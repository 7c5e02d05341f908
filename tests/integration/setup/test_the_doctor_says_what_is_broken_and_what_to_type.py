"""`decroche doctor` on a machine as setup leaves it, then with one thing broken at a time."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from ari_app.cli import decroche
from ari_app.doctor.machine import clock, disk, gpus, python
from store.base.secrets import secret
from store.base.settings import Settings, settings
from store.db import Database
from tests.asterisk_fixture import free_port
from tests.conftest import Postgres


@dataclass(frozen=True)
class Seen:
    """What the doctor printed: its exit status, and each part's state and words."""

    status: int
    parts: dict[str, dict[str, str]]

    def failed(self) -> set[str]:
        return {name for name, row in self.parts.items() if row["state"] == "fail"}


def look(*arguments: str) -> Seen:
    settings.cache_clear()
    done = CliRunner().invoke(decroche, ["doctor", "--json", *arguments])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return Seen(done.exit_code, {row["part"]: row for row in rows})


@pytest.fixture(autouse=True)
def own_home_and_ports(settings_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIP_PORT", "HTTP_PORT", "AMI_PORT"):
        monkeypatch.setenv(f"DECROCHE_ASTERISK__{name}", str(free_port()))


@pytest.fixture
def own_cache(new_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's cache, as links, of which a test may break what it likes."""
    theirs, ours = Settings().cache, new_folder / "cache"
    (ours / "models").mkdir(parents=True)
    (ours / "asterisk-root").symlink_to((theirs / "asterisk-root").resolve())
    for model in (theirs / "models").iterdir():
        if model.is_dir():
            (ours / "models" / model.name).symlink_to(model)
    monkeypatch.setenv("DECROCHE_CACHE", str(ours))
    return ours


def _own_copy(cache: Path, name: str) -> Path:
    """Replace the link to a model by a copy; its first file."""
    link = cache / "models" / name
    theirs = link.resolve()
    link.unlink()
    shutil.copytree(theirs, link)
    return next(path for path in sorted(link.iterdir()) if path.suffix == ".onnx")


def test_a_machine_as_setup_leaves_it_has_no_failure() -> None:
    seen = look()
    assert seen.failed() == set()
    assert seen.status == 0
    assert {"python", "memory", "model whisper-base", "voice fr", "database", "asterisk", "ports"} <= set(seen.parts)


def test_a_port_taken_is_named_with_the_setting_that_changes_it() -> None:
    port = Settings().asterisk.sip_port
    with _taken(port):
        seen = look()
    assert seen.status == 5
    assert seen.failed() == {"ports"}
    assert str(port) in seen.parts["ports"]["detail"]
    assert "DECROCHE_ASTERISK__SIP_PORT" in seen.parts["ports"]["hint"]


@contextmanager
def _taken(port: int) -> Iterator[None]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        yield


def test_a_missing_model_says_how_to_pull_it(own_cache: Path) -> None:
    (own_cache / "models/whisper-base").unlink()
    seen = look()
    assert seen.status == 5
    assert seen.failed() == {"model whisper-base"}
    assert seen.parts["model whisper-base"]["hint"] == "decroche models pull whisper-base"


def test_a_model_cut_short_is_seen_without_reading_it(own_cache: Path) -> None:
    file = _own_copy(own_cache, "silero-vad-v6")
    file.write_bytes(file.read_bytes()[:-100])
    assert look().failed() == {"model silero-vad-v6"}


def test_a_damaged_model_of_the_right_size_is_seen_whenever_its_file_was_written(
    own_cache: Path, new_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_model = new_folder / "own.gguf"  # so that the deep look need not read a gigabyte
    own_model.write_bytes(b"GGUF")
    monkeypatch.setenv("DECROCHE_LLM__MODEL", str(own_model))
    file = _own_copy(own_cache, "silero-vad-v6")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    for seen in (look(), look("--deep")):
        assert seen.failed() == {"model silero-vad-v6"}
        assert "SHA-256" in seen.parts["model silero-vad-v6"]["detail"]


def test_an_own_language_model_that_is_not_there_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECROCHE_LLM__MODEL", "/nowhere/own.gguf")
    assert look().failed() == {"model of llm.model"}


def test_without_a_french_neural_voice_pico_speaks_and_a_warning_says_so(own_cache: Path) -> None:
    for name in ("piper-fr-siwis", "kokoro-fr-siwis"):
        (own_cache / "models" / name).unlink(missing_ok=True)
    seen = look()
    assert seen.status == 0
    assert seen.parts["voice fr"]["state"] == "warn"
    assert "pico-fr-FR" in seen.parts["voice fr"]["detail"]


def test_a_machine_without_asterisk_says_how_to_fetch_it(own_cache: Path) -> None:
    (own_cache / "asterisk-root").unlink()
    seen = look()
    assert seen.parts["asterisk"]["state"] == "fail"
    assert seen.parts["asterisk"]["hint"] == "decroche asterisk install"


def test_no_database_at_the_address_set_is_a_failure_that_hides_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", f"postgresql://decroche:hush-hush@127.0.0.1:{free_port()}/decroche")
    seen = look()
    assert seen.status == 5
    assert seen.failed() == {"database"}
    assert "hush-hush" not in json.dumps(seen.parts)


def test_a_migrated_database_and_its_version_are_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    assert "PostgreSQL 18" in look().parts["database"]["detail"]


def test_a_database_role_that_bypasses_row_level_security_is_a_failure(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECROCHE_DATABASE__URL", postgres.admin)
    found = look().parts["database"]
    assert found["state"] == "fail"
    assert "row-level security" in found["detail"]


def test_a_database_never_migrated_says_so(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    from store.setup import embedded_database

    service, _ = embedded_database(postgres.server, "never_migrated", postgres.settings)
    monkeypatch.setenv("DECROCHE_DATABASE__URL", service)
    try:
        found = look().parts["database"]
    finally:
        postgres.drop("never_migrated")
    assert found["state"] == "fail"
    assert found["hint"] == "decroche database migrate"


def test_a_secret_others_can_read_is_a_failure_that_names_the_file() -> None:
    secret("essai")
    path = Settings().home / "secrets/essai"
    path.chmod(0o644)
    seen = look()
    assert seen.failed() == {"secrets"}
    assert f"chmod 600 {path}" in seen.parts["secrets"]["hint"]


def test_a_folder_of_the_home_that_others_can_read_is_a_failure() -> None:
    folder = Settings().folder("recordings")
    folder.chmod(0o755)
    seen = look()
    assert seen.failed() == {"home folder"}
    assert str(folder) in seen.parts["home folder"]["hint"]


def test_folders_within_folders_of_the_home_are_private_all_the_way() -> None:
    deep = Settings().folder("recordings", "dentiste", "2026-11")
    assert [path.stat().st_mode & 0o777 for path in (deep, deep.parent, deep.parent.parent)] == [0o700] * 3
    assert look().failed() == set()


def test_a_setting_that_cannot_be_read_is_told_not_thrown(settings_home: Path) -> None:
    settings_home.mkdir()
    (settings_home / "decroche.toml").write_text("[call]\nmax_seconds = 'many'\n")
    seen = look()
    assert seen.status == 5
    assert seen.failed() == {"settings"}
    assert "call.max_seconds" in seen.parts["settings"]["detail"]


@pytest.mark.skipif(bool(gpus()), reason="this machine has a GPU")
def test_cuda_asked_for_without_a_gpu_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECROCHE_DEVICE", "cuda")
    assert look().parts["gpu"]["state"] == "fail"


def test_the_table_fits_a_hundred_columns_and_says_its_states_in_words() -> None:
    settings.cache_clear()
    lines = CliRunner().invoke(decroche, ["doctor"]).stdout.splitlines()
    assert max(len(line) for line in lines) <= 100
    assert {line.split()[0] for line in lines[1:] if not line.startswith(" ")} <= {"ok", "warn", "fail"}
    assert "\x1b" not in "".join(lines)


def test_looking_makes_nothing(settings_home: Path) -> None:
    look()
    assert not settings_home.exists()


def test_a_python_too_old_or_too_new_is_a_failure() -> None:
    assert [python(version).state for version in ((3, 10), (3, 11), (3, 14), (3, 15))] == ["fail", "ok", "ok", "fail"]


def test_a_clock_before_the_law_it_applies_is_a_failure() -> None:
    assert next(clock(datetime(2020, 1, 1, tzinfo=UTC))).state == "fail"


def test_a_full_disk_is_a_failure_and_a_nearly_full_one_a_warning() -> None:
    of = Settings()
    huge = 1 << 60
    assert {finding.state for finding in disk(of, least=huge)} == {"fail"}
    assert {finding.state for finding in disk(of, least=0, good=huge)} == {"warn"}
