"""`render --out`: the files, included as their README says, load in a real Asterisk without complaint."""

from __future__ import annotations

import os
from pathlib import Path

from click.testing import CliRunner

from asterisk_conf.cli import asterisk as command
from asterisk_conf.handover import INCLUDED, handover
from asterisk_conf.program import program
from asterisk_conf.server import Asterisk
from store.base.unprivileged import system_user
from tests.asterisk_fixture import asterisk_settings


class Operators(Asterisk):
    """An Asterisk with an operator's own files, whose last lines include ours."""

    out: Path

    def prepare(self, found: object) -> None:
        super().prepare(program(self.config))
        for ours, theirs in INCLUDED.items():
            text = (self.etc / theirs).read_text()
            general = text.partition("\n[from-trunk]" if theirs == "extensions.conf" else "\n[udp]")[0]
            if theirs in {"ari.conf", "manager.conf"}:
                general = text.partition("\n\n[")[0]
            if theirs == "extensions.conf":
                general = "[general]\nstatic=yes\n"
            (self.etc / theirs).write_text(f"{general}\n#include {self.out}/decroche-{ours}\n")


def test_included_in_anothers_files_they_load_without_warning(new_folder: Path) -> None:
    config = asterisk_settings(new_folder / "home")
    handover(config, new_folder / "out", demo=True)
    if user := system_user():  # as who runs an Asterisk of their own does
        for path in (new_folder / "out", *(new_folder / "out").rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
    server = Operators(config)
    server.out = new_folder / "out"
    with server:
        endpoints = server.command("pjsip show endpoints")
        contexts = server.command("dialplan show from-trunk")
        users = server.command("ari show users")
        log = server.log.read_text()
    assert "caller1/+33639980001" in endpoints
    assert "decroche-inbound" in contexts
    assert "decroche" in users
    assert [line for line in log.splitlines() if "WARNING[" in line or "ERROR[" in line] == []


def test_a_readme_says_what_to_include_where(settings_home: Path, new_folder: Path) -> None:
    out = new_folder / "out"
    result = CliRunner().invoke(command, ["render", "--out", str(out)])
    assert result.exit_code == 0, result.output
    readme = (out / "README").read_text()
    for ours, theirs in INCLUDED.items():
        assert f"{theirs}:" in readme
        assert f"#include {out}/decroche-{ours}" in readme
        assert (out / f"decroche-{ours}").stat().st_mode & 0o777 == 0o600
