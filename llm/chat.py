"""A chat as the model wants it: the template in its file, filled, then split in tokens.

What people said is split apart from the template's own text, so that `<|im_end|>` said or written
by someone is mere text; and so that the tokens of a chat's beginning are the beginning of its tokens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from llm.base import LlmError, Message

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""For files without a template of their own."""

_OPEN, _CLOSE = "\ue000", "\ue001"  # private use: never in speech; stand round a message's number


class Tokenizer(Protocol):
    """What turns text into tokens; `special`: control tokens written in it are read as such."""

    def __call__(self, text: str, *, special: bool) -> list[int]: ...


class ChatTemplate:
    """A model's chat template (Jinja), with its begin and end marks."""

    def __init__(self, source: str, *, bos: str = "", eos: str = "") -> None:
        """Raises LlmError when `source` is not a template."""
        world = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        world.globals["raise_exception"] = _refuse  # pyright: ignore[reportArgumentType]
        world.globals["strftime_now"] = _now  # pyright: ignore[reportArgumentType]
        self._marks = {"bos_token": bos, "eos_token": eos}
        try:
            self._template = world.from_string(source or CHATML)
        except TemplateError as error:
            raise LlmError(f"the model's chat template: {error}", code="llm_template") from error

    def parts(self, messages: Sequence[Message], *, answer: bool) -> list[tuple[str, bool]]:
        """The chat as (text, is the template's own); `answer`: the assistant is about to speak."""
        chat: list[dict[str, Any]] = [
            {"role": message.role, "content": f"{_OPEN}{i}{_CLOSE}"} for i, message in enumerate(messages)
        ]
        try:
            text = self._template.render(
                messages=chat, add_generation_prompt=answer, enable_thinking=False, **self._marks
            )
        except TemplateError as error:
            raise LlmError(f"the model's chat template: {error}", code="llm_template") from error
        pieces = re.split(f"{_OPEN}([0-9]+){_CLOSE}", text)
        return [
            (messages[int(piece)].text.strip(), False) if n % 2 else (piece, True) for n, piece in enumerate(pieces)
        ]

    def tokens(
        self, messages: Sequence[Message], tokenize: Tokenizer, *, answer: bool, bos: int | None = None
    ) -> list[int]:
        """The chat's tokens; `bos`: the token they must begin with, put there if the template does not."""
        out: list[int] = []
        for text, own in self.parts(messages, answer=answer):
            if text:
                out += tokenize(text, special=own)
        return [bos, *out] if bos is not None and out[:1] != [bos] else out


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _now(form: str) -> str:
    return datetime.now(UTC).strftime(form)
