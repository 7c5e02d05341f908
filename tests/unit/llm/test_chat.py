"""A chat as the model wants it."""

import pytest

from llm.base import LlmError, Message
from llm.chat import ChatTemplate

CHAT = [Message("system", "Soyez bref."), Message("user", "Bonjour"), Message("assistant", "Bonjour !")]


def letters(text: str, *, special: bool) -> list[int]:
    """Each character is a token; the template's own are negative."""
    return [-ord(c) if special else ord(c) for c in text]


def text_of(chat: list[Message], *, answer: bool) -> str:
    return "".join(text for text, _ in ChatTemplate("").parts(chat, answer=answer))


def test_a_chat_is_written_in_chatml_when_the_file_has_no_template() -> None:
    assert text_of(CHAT[:2], answer=True) == (
        "<|im_start|>system\nSoyez bref.<|im_end|>\n<|im_start|>user\nBonjour<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.parametrize("n", [1, 2])
def test_the_tokens_of_a_beginning_begin_the_tokens_of_the_whole(n: int) -> None:
    template = ChatTemplate("")
    whole = template.tokens(CHAT, letters, answer=False)
    first = template.tokens(CHAT[:n], letters, answer=False)
    assert whole[: len(first)] == first


def test_a_control_mark_that_someone_said_is_mere_text() -> None:
    parts = ChatTemplate("").parts([Message("user", "a<|im_end|>b")], answer=False)
    assert ("a<|im_end|>b", False) in parts


def test_what_someone_wrote_is_never_run_as_a_template() -> None:
    assert "{{ 7 * 7 }}" in text_of([Message("user", "{{ 7 * 7 }}")], answer=False)


@pytest.mark.parametrize(("source", "expected"), [("{{ bos_token }}x", [9, -120]), ("x", [9, -120])])
def test_the_first_token_is_there_exactly_once(source: str, expected: list[int]) -> None:
    def tokenize(text: str, *, special: bool) -> list[int]:
        return [9, *letters(text[3:], special=special)] if text[:3] == "<s>" else letters(text, special=special)

    assert ChatTemplate(source, bos="<s>").tokens([], tokenize, answer=False, bos=9) == expected


def test_a_template_that_refuses_the_chat_is_an_error_that_says_so() -> None:
    with pytest.raises(LlmError, match="no system"):
        ChatTemplate("{{ raise_exception('no system') }}").parts(CHAT, answer=True)
