"""A call in progress as it is written down while it goes on: plain JSON, for whoever takes it up or closes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from ari_app.desk.record import Disclosure, Done, Notes, SpokenTurn


@dataclass(frozen=True, slots=True)
class Entry:
    """What a call knows. `talk`: where its conversation stands; `record`: it may be recorded; `trunk`: its way in."""

    agent: str
    version: int
    number: str
    notes: Notes
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    decision_id: UUID | None = None
    record: bool = False
    trunk: str = ""
    talk: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def as_json(self) -> dict[str, Any]:
        """As `read` takes it."""
        plain = asdict(self)
        plain["decision_id"] = str(self.decision_id) if self.decision_id else None
        return plain


def read(told: Mapping[str, Any]) -> Entry:
    """An entry as it was written. Raises ValueError: nothing was, or by another version."""
    try:
        notes: dict[str, Any] = dict(told["notes"])
        notes["turns"] = [SpokenTurn(**turn) for turn in notes["turns"]]
        notes["actions"] = [Done(**done) for done in notes["actions"]]
        notes["disclosure"] = Disclosure(**notes["disclosure"]) if notes["disclosure"] else None
        notes["holds"] = [(since, until) for since, until in notes["holds"]]
        decision = UUID(told["decision_id"]) if told["decision_id"] else None
        whole: dict[str, Any] = {**told, "notes": Notes(**notes), "decision_id": decision}
        return Entry(**whole)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def mark(notes: Notes) -> tuple[object, ...]:
    """Changes whenever the notes say something new: cheap to ask for, ten times a second if need be."""
    last = notes.turns[-1] if notes.turns else None
    heard = notes.disclosure.heard_at_ms if notes.disclosure else None
    told = (last.text, last.heard_ms, last.interrupted) if last else None
    return len(notes.turns), told, len(notes.actions), heard, notes.recording_told_ms, notes.outcome


def cut_short(notes: Notes, at_ms: int) -> None:
    """The agent's words under way were not heard to their end: nobody knows how many of them were."""
    if notes.turns and notes.turns[-1].who == "agent" and not notes.turns[-1].heard_ms:
        last = notes.turns[-1]
        last.interrupted, last.to_ms = True, max(last.from_ms, min(last.to_ms or at_ms, at_ms))
