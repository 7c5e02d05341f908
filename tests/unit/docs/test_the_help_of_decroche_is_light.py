"""`decroche --help` answers at once: what is heavy is imported by the command that needs it, when it runs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"aiohttp", "av", "ctranslate2", "faster_whisper", "jinja2", "llama_cpp", "numpy", "onnxruntime", "piper",
         "psycopg", "pydantic", "saxonche", "stripe", "weasyprint"}  # fmt: skip
ENGINES = {"ctranslate2", "faster_whisper", "llama_cpp", "onnxruntime", "piper", "saxonche", "stripe", "weasyprint"}

_PROGRAM = """
import json, sys
from click.testing import CliRunner
from ari_app.cli import decroche
result = CliRunner().invoke(decroche, sys.argv[1:])
assert result.exit_code == 0, result.output
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def _imported(*arguments: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, *arguments], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_the_top_help_imports_nothing_heavy() -> None:
    assert _imported("--help") & HEAVY == set()


@pytest.mark.parametrize("group", ["asr", "tts", "llm", "billing", "compliance", "softphone", "doctor", "demo", "up"])
def test_the_help_of_a_command_imports_no_engine(group: str) -> None:
    assert _imported(group, "--help") & ENGINES == set()
