"""What a client is called, and what a carrier answers, are shown as they are: nothing of them is markup."""

from __future__ import annotations

import pytest

from store.base.console import emit, err, out

NAMES = ["Acme [/x]", "[link=http://evil.example]facture[/link]", "[bold]Acme", "a\\[b"]


@pytest.mark.parametrize("name", NAMES)
def test_a_list_shows_a_name_as_it_is(capsys: pytest.CaptureFixture[str], name: str) -> None:
    emit([{"name": name}], ("name",), as_json=False)
    assert name in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_a_message_shows_a_name_as_it_is(capsys: pytest.CaptureFixture[str], name: str) -> None:
    out.print(f"not answered: 486 {name}")
    err.print(f"no tenant {name}")
    shown = capsys.readouterr()
    assert name in shown.out
    assert name in shown.err
