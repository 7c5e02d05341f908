"""A service that does not get ready says why: by its log, or by the fault that ended it before it had one."""

from __future__ import annotations

from pathlib import Path

from ari_app.service.background import last_error


def test_the_service_told_it_itself(tmp_path: Path) -> None:
    (tmp_path / "decroche.log").write_text("INFO ready\nERROR port 5060 is taken\nINFO bye\n")
    (tmp_path / "faults.log").write_text("ValueError: older\n")
    assert last_error(tmp_path / "decroche.log") == "ERROR port 5060 is taken"


def test_a_fault_before_its_first_line_is_found(tmp_path: Path) -> None:
    (tmp_path / "decroche.log").write_text("")
    (tmp_path / "faults.log").write_text("Traceback …\nModuleNotFoundError: No module named 'x'\n\n")
    assert last_error(tmp_path / "decroche.log") == "ModuleNotFoundError: No module named 'x'"


def test_nothing_was_said(tmp_path: Path) -> None:
    assert last_error(tmp_path / "decroche.log") == "no reason in its log"
