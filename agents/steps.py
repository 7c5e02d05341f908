"""The steps of a scenario and the slots they fill, as an agent's file writes them, and the house writes its own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Tool = Literal[
    "book", "callback", "cancel", "reschedule", "message", "transfer", "opt_out", "wrong_person", "record", "dtmf",
    "hangup", "webhook",
]  # fmt: skip
SlotType = Literal["name", "date", "time", "phone", "yes_no", "choice", "number", "text", "email", "plate", "reference"]


def listed(value: object) -> object:
    """One word where a list may stand."""
    return [value] if isinstance(value, str) else value


Words = Annotated[list[str], BeforeValidator(listed)]


STRICT = ConfigDict(extra="forbid", frozen=True)
"""Of every part of an agent's file: nothing unknown stands in it, and nothing of it is changed."""


class _Part(BaseModel):
    model_config = STRICT


class Slot(_Part):
    """Something the caller is to tell."""

    type: SlotType
    about: str = ""
    ask: str = ""
    choices: dict[str, Words] = Field(default={}, max_length=100)
    unit: str = ""
    """Of a number: what it counts ("nuits"). Then it is understood before it is asked, and corrected in passing."""
    min: int | None = None
    max: int | None = None
    """Of a number: what is accepted, both included."""
    pattern: str = Field(default="", max_length=200)
    """The form of what is accepted, a small regular expression (`agents/slots/patterns.py`)."""
    list: Words = Field(default=[], max_length=2000)
    """The values that are accepted; what is heard is taken for the one that it is or is surely meant to be."""
    within: Literal["", "hours"] = ""
    of: str = ""


class Step(_Part):
    """One step: say, ask (and fill slots), confirm, do an action, propose what it offered, or end."""

    id: str = Field(pattern=r"^[a-z_][a-z0-9_]*$")
    say: str = ""
    ask: str = ""
    again: str = ""
    fill: Words = []
    answers: dict[str, str] = {}
    confirm: str = ""
    correct: str = ""
    propose: str = ""
    do: Tool | Literal[""] = ""
    args: dict[str, str] = {}
    wait: bool = True
    results: dict[str, str] = {}
    forget: Words = []
    next: str = ""
    retries: Annotated[int, Field(ge=0, le=5)] = 2
    fallback: str = ""
    end: bool = False

    def exits(self) -> list[str]:
        """Every step this one may lead to."""
        named = [*self.answers.values(), *self.results.values(), self.next, self.fallback]
        return [step for step in dict.fromkeys(named) if step]


class Scenario(_Part):
    """The order of the conversation."""

    start: str
    slots: dict[str, Slot] = Field(default={}, max_length=100)
    steps: list[Step] = Field(min_length=1, max_length=200)
