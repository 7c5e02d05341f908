"""What a client is called or writes, and what a carrier answers, is shown as it is: it is no markup and no command."""

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


@pytest.mark.parametrize(
    "wrote",
    ["\x1b]0;owned\x07", "\x1b[2J", "\x1b[1A\x1b[2Kpaid", "\x9b31m", "a\rb", "\u202egnp.exe", "\u2066x", "\x7f"],
)
def test_what_a_client_wrote_commands_no_terminal(capsys: pytest.CaptureFixture[str], wrote: str) -> None:
    """A ticket's text that clears the operator's screen, renames the window, or reads backwards (CWE-150)."""
    emit([{"name": wrote}], ("name",), as_json=False)
    out.print(f"two lines\nand\ttext: {wrote}")
    err.print(wrote)
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert not set("\x1b\x07\x9b\r\u202e\u2066\x7f") & set(text)
        assert "\ufffd" in text
    assert "two lines\nand" in shown.out
