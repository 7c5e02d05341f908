"""What is written about settings, exit statuses and folders, compared with what the code has."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

import store.base.console
from store.base.errors import BadInput, DecrocheError, NotFound, Refused, Unavailable

ROOT = Path(__file__).parents[3]
CODE_FOLDERS = [
    "agents",
    "ari_app",
    "asr",
    "asterisk_conf",
    "billing",
    "campaigns",
    "compliance",
    "dialplan",
    "llm",
    "portal",
    "store",
    "tts",
]
SETTINGS_PAGE = ROOT / "docs/settings.md"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("settings_reference", ROOT / "scripts/lib/settings_reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_settings_page_is_what_the_settings_are() -> None:
    written = SETTINGS_PAGE.read_text(encoding="utf-8")
    assert written == _generator().reference(), "run scripts/lib/settings_reference.py > docs/settings.md"


def test_every_setting_is_on_the_page_with_its_variable() -> None:
    page = SETTINGS_PAGE.read_text(encoding="utf-8")
    names = list(_generator().settings_names())
    assert len(names) > 30
    for name in names:
        assert f"| `{name}` | `DECROCHE_{name.upper().replace('.', '__')}` |" in page


@pytest.mark.parametrize("error", [BadInput, NotFound, Refused, Unavailable])
def test_the_exit_status_of_every_kind_of_error_is_documented(error: type[DecrocheError]) -> None:
    assert f"| {error.exit_status} |" in SETTINGS_PAGE.read_text(encoding="utf-8")
    assert f"{error.exit_status} " in (inspect.getdoc(store.base.console) or "")


@pytest.mark.parametrize("folder", [*CODE_FOLDERS, "scripts", "tests"])
def test_every_folder_of_code_opens_with_a_readme(folder: str) -> None:
    readme = ROOT / folder / "README.md"
    assert readme.is_file(), f"{folder} has no README.md"
    assert len(readme.read_text(encoding="utf-8").split()) > 30, f"{folder}/README.md says too little"


@pytest.mark.parametrize("folder", CODE_FOLDERS)
def test_every_module_opens_with_what_it_owns(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not tree.body or ast.get_docstring(tree), f"{path.relative_to(ROOT)} has no docstring"


def test_the_readme_links_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"
