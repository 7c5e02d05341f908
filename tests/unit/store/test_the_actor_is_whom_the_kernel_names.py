"""Who did it is read from the kernel, not from the environment."""

from __future__ import annotations

import os
import pwd

import pytest

from store.base import actor


def test_logname_does_not_make_another_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ceo")
    monkeypatch.setenv("USER", "ceo")
    monkeypatch.delenv("SUDO_UID", raising=False)
    assert str(actor.typing_now()) == f"cli:{pwd.getpwuid(os.getuid()).pw_name}"


def test_an_account_without_a_name_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert str(actor.typing_now()) == "cli:uid 54321"


def test_behind_sudo_the_person_is_named_and_so_is_the_account_that_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", "54321")
    assert actor.typing_now().name == f"uid 54321 ({pwd.getpwuid(0).pw_name})"
