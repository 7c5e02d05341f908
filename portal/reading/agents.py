"""Agents as their pages show them: which version answers, which waits for whom, what callers asked in vain."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from agents.definition import Agent
from agents.meaning.grouping import grouped, texts
from agents.meaning.sense import Sense
from agents.slots.text import fold
from portal.door import Seat
from store import agents
from store.agents import AgentVersion
from store.base.errors import NotFound
from store.missed import Missed, missed_by

MISSED_FOR = timedelta(days=60)
MOST_MISSED = 300

STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("brouillon", ""), "tested": ("à valider", "warn"), "live": ("répond aux appels", "good"),
    "retired": ("remplacée", ""),
}  # fmt: skip
"""A version's state → in words, and the colour of its mark."""


@dataclass(frozen=True, slots=True)
class Card:
    """One agent: the version that answers, and a newer one where there is one."""

    name: str
    live: AgentVersion | None
    newest: AgentVersion | None
    missed: int

    @property
    def waiting(self) -> AgentVersion | None:
        """A version newer than the one that answers."""
        return self.newest if self.newest and (self.live is None or self.newest.version > self.live.version) else None


@dataclass(frozen=True, slots=True)
class Asked:
    """Sentences that ask for the same and were not answered. `near`: the fact they are likest to, "" for none."""

    said: str
    times: int
    all: Sequence[str]
    calls: Sequence[UUID]
    last: datetime
    near: str


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a difference: `kind` is "+", "-", " " or "…" (lines left out); `number`: in the new text."""

    kind: str
    text: str
    number: int | None = None


def cards(seat: Seat, now: datetime) -> list[Card]:
    """The client's agents, by name."""
    by_name: dict[str, list[AgentVersion]] = {}
    for version in agents.listed(seat.conn, seat.whose):
        by_name.setdefault(version.agent, []).append(version)
    read = "transcripts" in seat.rights
    return [
        Card(name, next((v for v in versions if v.status == "live"), None), versions[0],
             len(missed(seat, name, now)) if read else 0)
        for name, versions in sorted(by_name.items())
    ]  # fmt: skip


def versions(seat: Seat, name: str) -> list[AgentVersion]:
    """An agent's versions, newest first. Raises NotFound."""
    found = [version for version in agents.listed(seat.conn, seat.whose) if version.agent == name]
    if not found:
        raise NotFound(f"no agent {name}")
    return found


def version(seat: Seat, name: str, text: str) -> AgentVersion:
    """The version an address names. Raises NotFound."""
    if not (text.isdecimal() and 0 < len(text) < 7):
        raise NotFound(f"no version {text!r}")
    return agents.get(seat.conn, seat.whose, name, int(text))


def missed(seat: Seat, name: str, now: datetime) -> list[Missed]:
    """What callers of the last two months said in vain, newest first."""
    return missed_by(seat.conn, tenant_id=seat.whose, agent=name, since=now - MISSED_FOR, limit=MOST_MISSED)


def asked_in_vain(found: Sequence[Missed], agent: Agent, sense: Sense | None) -> list[Asked]:
    """The same, alike put together: by meaning where the encoder is here, else by the same words."""
    sentences = [one.text for one in found]
    if not found:
        return []
    groups = grouped(sense.vectors(sentences)) if sense else _same_words(sentences)
    return [
        Asked(
            sentences[group[0]], len(group), texts(sentences, group),
            list(dict.fromkeys(found[at].call_id for at in group)), found[group[0]].at,
            _near(sense, agent, sentences[group[0]]) if sense else "",
        )
        for group in groups
    ]  # fmt: skip


def _same_words(sentences: Sequence[str]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for at, sentence in enumerate(sentences):
        groups.setdefault(" ".join(fold(sentence).split()).strip(" ?!.,"), []).append(at)
    return sorted(groups.values(), key=len, reverse=True)


def _near(sense: Sense, agent: Agent, said: str) -> str:
    best = next((each for each in sense.reading(agent, said).whole if each.kind in ("fact", "none")), None)
    return best.name if best and best.kind == "fact" else ""


def difference(old: str, new: str, around: int = 3) -> list[Change]:
    """What `new` changes of `old`, line by line, with some lines around each change."""
    before, after = old.splitlines(), new.splitlines()
    found: list[Change] = []
    for block in difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(around):
        if found or block[0][3] > 0:
            found.append(Change("…", ""))
        for kind, first, last, begins, ends in block:
            if kind == "equal":
                found += [Change(" ", line, begins + at + 1) for at, line in enumerate(after[begins:ends])]
                continue
            found += [Change("-", line) for line in before[first:last]]
            found += [Change("+", line, begins + at + 1) for at, line in enumerate(after[begins:ends])]
    return found
