"""`decroche asterisk render --out DIR` fills a folder of its own: an operator's files stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from asterisk_conf.cli import asterisk


@pytest.mark.parametrize("name", ["voicemail.conf", "http.conf", "pjsip.conf", "README"])
def test_a_folder_with_files_of_the_operators_is_refused_and_left(
    settings_home: Path, new_folder: Path, name: str
) -> None:
    out = new_folder / "etc"
    out.mkdir()
    theirs = out / name
    theirs.write_text("theirs\n", encoding="utf-8")
    result = CliRunner().invoke(asterisk, ["render", "--out", str(out)])
    assert result.exit_code == 2
    assert [path.name for path in out.iterdir()] == [name]
    assert theirs.read_text(encoding="utf-8") == "theirs\n"


def test_a_folder_that_was_filled_is_filled_again_and_keeps_what_was_put_beside(
    settings_home: Path, new_folder: Path
) -> None:
    out = new_folder / "etc"
    for _ in range(2):
        result = CliRunner().invoke(asterisk, ["render", "--out", str(out)])
        assert result.exit_code == 0, result.output
    (out / "decroche-local.conf").write_text("mine\n", encoding="utf-8")
    assert CliRunner().invoke(asterisk, ["render", "--out", str(out)]).exit_code == 0
    assert (out / "decroche-local.conf").exists()
