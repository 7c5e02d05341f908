"""Whatever is typed wrongly, or lies broken on the disk: a message, a documented exit status, never a traceback."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ari_app.cli import decroche
from store.base.settings import settings

AGENT = Path(__file__).parents[3] / "agents/examples/dental.fr.yaml"
DOCUMENTED = {1, 2, 3, 4, 5}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Damaged files of many kinds."""
    good = AGENT.read_text(encoding="utf-8")
    texts = {
        "empty": "", "text.wav": "hello", "cut.yaml": good[:800] + "\n  : : [", "list.yaml": "- a\n- b\n",
        "language.yaml": good.replace("language: fr", "language: xx"), "bad.toml": "[[[",
        "wrong.toml": "[asterisk]\nhttp_port = 'x'\n", "unknown.toml": "colour = 'blue'\n",
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "bytes").write_bytes(bytes([0xFF, 0xFE, 0x00, 0x81]) * 400)
    (tmp_path / "latin.yaml").write_bytes(good.encode("latin-1", "replace"))
    return tmp_path


@pytest.fixture(autouse=True)
def fresh_settings() -> Generator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


def typed(line: str, files: Path, **variables: str) -> Result:
    """`decroche LINE`, where @ stands for the folder of damaged files; in a home of its own."""
    put = {name: value.replace("@", str(files)) for name, value in variables.items()}
    home = {"DECROCHE_HOME": str(files / "home"), "DECROCHE_CONFIG": None, "DECROCHE_CACHE": str(files / "cache")}
    return CliRunner().invoke(decroche, line.replace("@", str(files)).split(), env={**home, **put})


def assert_message(result: Result) -> None:
    assert result.exit_code in DOCUMENTED, f"{result.exit_code}: {result.output}"
    assert "Traceback" not in result.output
    assert "error" in result.output.lower(), result.output


@pytest.mark.parametrize("name", ["none", "", "empty", "bytes", "latin.yaml", "cut.yaml", "list.yaml", "language.yaml"])
@pytest.mark.parametrize("command", ["check", "test"])
def test_a_broken_agent_file_is_named(files: Path, command: str, name: str) -> None:
    result = typed(f"agent {command} @/{name}", files)
    assert_message(result)
    assert result.exit_code == 2


@pytest.mark.parametrize("name", ["none", "", "empty", "bytes", "text.wav"])
def test_a_broken_recording_is_named(files: Path, name: str) -> None:
    result = typed(f"softphone call 112 --play @/{name}", files)
    assert_message(result)
    assert str(files / name) in result.output


@pytest.mark.parametrize("name", ["none", "", "bytes", "bad.toml", "wrong.toml", "unknown.toml"])
def test_a_settings_file_that_cannot_be_used_is_bad_input(files: Path, name: str) -> None:
    result = typed("softphone call 112", files, DECROCHE_CONFIG=f"@/{name}")
    assert_message(result)
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEVICE", "tpu"), ("LOG_LEVEL", "loud"), ("ASTERISK__SIP_PORT", "-1"), ("ASTERISK__HTTP_PORT", "99999"),
        ("ASTERISK__AMI_PORT", "abc"), ("ASTERISK__RTP_LAST", "1024"), ("MODELS__CATALOGUE", "@/bytes"),
        ("MODELS__CATALOGUE", "@/none"), ("MODELS__CATALOGUE", "@"),
        ("ASTERISK__BIND", "nonsense"), ("BILLING__WEBHOOK_BIND", "nonsense"), ("ASTERISK__PHONES", "desk"),
        ("ASTERISK__SIP_PROT", "5071"), ("CALL__RING_SECONDS", "0"), ("LLM__CALLS", "-1"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_bad_input(files: Path, variable: str, value: str) -> None:
    result = typed("models list", files, **{f"DECROCHE_{variable}": value})
    assert_message(result)
    assert result.exit_code == 2
    assert variable.lower().rpartition("__")[2] in result.output.lower()


def test_an_address_that_is_none_is_told_with_what_to_type_instead(files: Path) -> None:
    result = typed("asterisk up", files, DECROCHE_ASTERISK__BIND="nonsense")
    assert "asterisk.bind" in result.output
    assert "'nonsense' is no IPv4 address" in result.output
    assert "ip -br -4 address" in result.output
    assert "taken" not in result.output


@pytest.mark.parametrize("home", ["/proc/decroche", "/dev/null", "@/empty"])
@pytest.mark.parametrize("command", ["status", "tenant list", "softphone call 112", "audit verify", "up", "down"])
def test_a_home_that_cannot_be_made_is_said(files: Path, command: str, home: str) -> None:
    result = typed(command, files, DECROCHE_HOME=home)
    assert_message(result)
    assert "DECROCHE_HOME" in result.output


@pytest.mark.parametrize(
    "line",
    [
        "nosuch", "agent nosuch", "models pull nosuch", "models verify nosuch",
        "tts say --lang zz --text a --out @/o.wav",
        "asr transcribe @/none --lang zz", "demo --lang zz", "calls list --limit -1", "calls list --since garbage",
        "softphone call 112 --user nobody", "softphone call 112 --dtmf xyz", "softphone call 112 --barge-in-after 5",
        "softphone call 112 --bind 203.0.113.9", "softphone answer --decline nonsense",
        "asterisk render --out /dev/null", "asterisk render --out @/empty",
        "call place --tenant nobody --agent x --to 123", "tenant add", "number add", "agent chat @/bytes",
    ],
)  # fmt: skip
def test_what_is_typed_wrongly_is_told(files: Path, line: str) -> None:
    assert_message(typed(line, files))


@pytest.mark.parametrize("server", ["127.0.0.1:port", "127.0.0.1:0", "127.0.0.1:99999", "no.such.host.invalid"])
def test_a_sip_server_that_is_none_is_bad_input(files: Path, server: str) -> None:
    result = typed(f"softphone call 112 --server {server} --password-env P", files, P="secret")
    assert_message(result)
    assert result.exit_code == 2


def test_a_secret_that_others_can_read_is_refused_with_what_to_type(files: Path) -> None:
    folder = files / "home/secrets"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "phone-caller1").write_text("known to all\n")
    (folder / "phone-caller1").chmod(0o644)
    result = typed("softphone call 112", files)
    assert_message(result)
    assert "chmod 0600" in result.output
