"""What an agent is: the YAML file's contents, as validated objects."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, field_validator

from agents.builtin import builtin_slots, builtin_steps
from agents.hours import Hours
from agents.slots.text import Language
from agents.steps import STRICT, Scenario, Slot, Step, Tool, Words, listed
from agents.wording import Wording, default_lines, wording
from store.base.parties import Direction

Purpose = Literal["service", "contract", "survey", "canvassing"]
Sector = Literal["energy_renovation", "renewable_energy", "housing_adaptation", "training_account", "insurance"]


class _Part(BaseModel):
    model_config = STRICT


class Company(_Part):
    """Who calls or is called."""

    name: str = Field(min_length=1)
    on_behalf_of: str = ""


class Recording(_Part):
    """Whether calls are recorded, and what is said of it (CNIL: say it at the start, let people refuse)."""

    policy: Literal["off", "announced", "consent_asked"] = "off"
    say: str = ""


class Fact(_Part):
    """What the agent may tell: `say` word for word, or `info` from which the model makes a sentence."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    about: Words = Field(min_length=1, max_length=50)
    say: str = ""
    info: str = ""
    asked: Words = Field(default=[], max_length=50)
    """How callers asked for it, in their words: what `agent missed` found and `agent learn` added."""
    label: str = ""
    """How it is named when the agent asks whether it is meant: "le prix du détartrage"; else the first of `about`."""


class Human(_Part):
    """Who takes the call when a person is wanted."""

    name: str = Field(min_length=1)
    number: str = Field(min_length=2)
    transfer: Literal["attended", "blind"] = "blind"
    """`attended`: they are told who calls before they take the call, and may refuse it; the caller waits with music."""


class Exchange(_Part):
    """One exchange of a scripted conversation: what happens, and what the agent must then say and do."""

    caller: str | None = None
    keys: str | None = None
    silence: float | None = None
    acted: dict[str, Any] | None = None
    says: Annotated[list[Words], BeforeValidator(listed)] = []
    """All of these; where a list stands, one of it. Numbers are equal in words and in digits."""
    never: Words = []
    does: Annotated[list[str | dict[str, dict[str, str]]], BeforeValidator(listed)] = []
    """Actions by name, or {name: {argument: value}} where the arguments matter."""
    not_does: Words = []
    slots: dict[str, str] = {}
    empty: Words = []
    """Slots that nothing has filled."""
    fact: str = ""
    """Which fact answers, for whoever reads a failure."""
    over: bool | None = None


class Trial(_Part):
    """A scripted conversation. `now`: the clock it is held at, ISO 8601 in the agent's time zone."""

    name: str
    category: str = ""
    """What it tries: facts, slots, corrections, traps … `agent evaluate` counts by it."""
    now: str = "2026-11-23T10:00"
    variables: dict[str, str] = {}
    turns: list[Exchange] = Field(min_length=1)
    values: dict[str, str] = {}


class Question(_Part):
    """A question put of every call once it is over: answered yes, it scores `points`."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    ask: str = Field(min_length=3, max_length=200)
    points: Annotated[int, Field(ge=1, le=100)] = 1


class After(_Part):
    """What is made of a call once it is over."""

    analyse: bool = True
    """A summary and a contact sheet are made of it."""
    tags: Annotated[dict[str, str], Field(max_length=30)] = {}
    """A tag → when it fits, in words."""
    questions: list[Question] = Field(default=[], max_length=10)
    """The score: each is answered with the sentence that supports it."""
    sentiment: bool = False
    """The caller's tone is noted; only where it is asked."""


class Agent(_Part):
    """An agent, as its file tells it."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str = Field(min_length=1)
    language: Language
    voice: str = ""
    time_zone: str = "Europe/Paris"
    direction: Direction = "inbound"
    purpose: Purpose = "service"
    goods: str = ""
    """What it calls about, as consents name it: a consent to other goods does not count (C. conso R223-1)."""
    sector: Sector | None = None
    """One in which the law forbids canvassing, or nearly (C. conso L223-1, C. trav. L6323-8-1, C. ass. L112-2-2)."""
    reason: str = Field(default="", max_length=200)
    """Why it calls, in a sentence for whoever screens calls; nothing about the person. Empty: by its purpose."""
    on_machine: str = Field(default="hangup", min_length=1, max_length=1_000)
    """When a machine answers its call: `hangup`, or the message that is left after the beep."""
    company: Company
    greeting: str = Field(min_length=1)
    disclosure: str = ""
    commercial_notice: str = ""
    recording: Recording = Recording()
    instructions: str = ""
    facts: list[Fact] = Field(default=[], max_length=200)
    hours: Hours | None = None
    languages: dict[Language, Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]] = {}
    """Another language → the id of this agent's version in it: a caller who speaks it is answered by that one."""
    say_as: Annotated[dict[str, str], Field(max_length=200)] = {}
    """A name, place or acronym → how the voice is to read it: "SNCF" → "esse enne cé effe"."""
    hotwords: Words = Field(default=[], max_length=200)
    tools: list[Tool] = []
    human: Human | None = None
    goodbye: str = ""
    silence: Words = []
    not_understood: Words = []
    apology: str = ""
    wording: Wording = Wording()
    variables: list[str] = []
    scenario: Scenario
    after: After = After()
    tests: list[Trial] = []

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"'{value}' is not a time zone; write for example Europe/Paris") from error
        return value

    @cached_property
    def lines(self) -> Wording:
        """Its sentences, the language's where it has none."""
        return wording(self.language, self.wording)

    @cached_property
    def silences(self) -> tuple[str, ...]:
        """What it says to a silent caller, in turn."""
        return tuple(self.silence) or default_lines(self.language, "silence")

    @cached_property
    def misunderstandings(self) -> tuple[str, ...]:
        """What it says when it has not understood, in turn."""
        return tuple(self.not_understood) or default_lines(self.language, "not_understood")

    @cached_property
    def farewell(self) -> str:
        """Its goodbye."""
        return self.goodbye or default_lines(self.language, "goodbye")[0]

    @cached_property
    def excuse(self) -> str:
        """What it says when a part of it fails."""
        return self.apology or default_lines(self.language, "apology")[0]

    def fact(self, name: str) -> Fact:
        """The fact of that id. Raises KeyError."""
        return next(fact for fact in self.facts if fact.id == name)

    @cached_property
    def can_transfer(self) -> bool:
        """There is a person to pass the call to, and it may."""
        return self.human is not None and "transfer" in self.tools

    @property
    def attends(self) -> bool:
        """That person is asked before the call is put through to them."""
        return self.human is not None and self.human.transfer == "attended"

    @cached_property
    def steps(self) -> dict[str, Step]:
        """Every step by its id, the house's own among them."""
        return {
            step.id: step
            for step in (*builtin_steps(self.scenario, self.lines, self.recording.say), *self.scenario.steps)
        }

    @cached_property
    def slots(self) -> dict[str, Slot]:
        """Every slot by its name, the house's own among them."""
        return {**self.scenario.slots, **builtin_slots(self.lines)}
