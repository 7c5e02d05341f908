"""The exit statuses of docs/settings.md are those of the code, and the same kind of error ends every command alike."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ari_app.cli import decroche
from store.base.errors import DecrocheError
from store.base.settings import settings

ROOT = Path(__file__).parents[3]
FOLDERS = [
    "agents",
    "ari_app",
    "asr",
    "asterisk_conf",
    "billing",
    "campaigns",
    "portal",
    "compliance",
    "dialplan",
    "llm",
    "store",
    "tts",
]
TABLE = (ROOT / "docs/settings.md").read_text(encoding="utf-8").partition("## Exit statuses")[2]
DOCUMENTED = {int(number) for number in re.findall(r"^\| (\d+) \|", TABLE, re.MULTILINE)}


@pytest.fixture(autouse=True)
def fresh_settings() -> Generator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


def _kinds(of: type[DecrocheError] = DecrocheError) -> Iterator[type[DecrocheError]]:
    yield of
    for kind in of.__subclasses__():
        yield from _kinds(kind)


def test_every_kind_of_error_has_a_documented_status() -> None:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            if "DecrocheError" in path.read_text(encoding="utf-8") or "store.base.errors" in path.read_text(
                encoding="utf-8"
            ):
                importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert {kind.exit_status for kind in _kinds()} <= DOCUMENTED


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_status_a_command_exits_with_is_documented(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"exit", "SystemExit"}:
                numbers = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, int)}
                assert numbers - {128} <= DOCUMENTED, f"{path.relative_to(ROOT)}:{node.lineno}"


FILE_NOT_THERE = [
    "agent check @/none.yaml", "agent test @/none.yaml", "agent chat @/none.yaml", "asr transcribe @/none.wav",
    "softphone call 112 --play @/none.wav", "llm ask --text a --schema @/none.json",
    "billing rate @/none.csv --tariff @/none.toml",
    "database restore @/none.dump", "compliance check @/none.json",
]  # fmt: skip
CANNOT_BE_WRITTEN = [
    "tts say --lang en --text one --out @/none/o.wav", "softphone call 112 --record @/none/o.wav",
    "softphone call 112 --record-stereo @", "asterisk render --out @/file/x", "demo --out @/file/x",
]  # fmt: skip
NO_SUCH_THING = [
    "models path nosuch", "models pull nosuch", "models verify nosuch", "softphone call 112 --user nosuch",
    "tts say --text a --out @/o.wav --voice nosuch",
]  # fmt: skip
PART_MISSING = [
    "models path whisper-base", "models verify whisper-base", "tts say --text a --out @/o.wav --voice piper-en-joe",
    "asr transcribe @/file", "asterisk status", "asterisk up", "status",
    "call place --tenant t --agent a --to 0162001234", "models pull qwen2.5-coder-1.5b", "database status",
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "status"),
    [
        *((line, 2) for line in (*FILE_NOT_THERE, *CANNOT_BE_WRITTEN)),
        *((line, 4) for line in NO_SUCH_THING),
        *((line, 5) for line in PART_MISSING),
    ],
)
def test_like_errors_end_alike(tmp_path: Path, line: str, status: int) -> None:
    (tmp_path / "file").write_text("no folder, no sound")
    variables = {
        "DECROCHE_HOME": str(tmp_path / "home"), "DECROCHE_CACHE": str(tmp_path / "cache"), "DECROCHE_CONFIG": None,
        "DECROCHE_MODELS__OFFLINE": "true", "DECROCHE_ASTERISK__BINARY": str(tmp_path / "none"),
        "DECROCHE_ASTERISK__SIP_PORT": "9", "DECROCHE_DATABASE__URL": "postgresql://nobody@127.0.0.1:9/none",
        "DECROCHE_DATABASE__ADMIN_URL": "postgresql://nobody@127.0.0.1:9/none",
    }  # fmt: skip
    result = CliRunner().invoke(decroche, line.replace("@", str(tmp_path)).split(), env=variables)
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
