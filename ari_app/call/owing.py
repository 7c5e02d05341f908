"""What a call that goes on after a cut owes its caller, and how long it has lasted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agents.definition import Agent
from agents.effects import Conversation, Plan
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.record import Notes


def owed(notes: Notes, agent: Agent) -> Sequence[str]:
    """What the law wants heard of the agent's opening and was not heard to its end (AI Act, art. 50; RGPD, art. 13)."""
    due = list[str]()
    if notes.disclosure is None or notes.disclosure.heard_at_ms is None:
        due.append("disclosure")
    if agent.recording.policy == "announced" and agent.recording.say and notes.recording_told_ms is None:
        due.append("recording")
    return due


def back(talk: Conversation, notes: Notes, agent: Agent) -> Plan:
    """The agent says that they were cut off, and goes on from where the conversation stands."""
    return talk.plan_back(owed(notes, agent))


def since_answer(life: Lifecycle, now: datetime) -> float:
    """Seconds since the answer, by the switch's clock, which is this machine's."""
    return max(0.0, (now - (life.answered_at or now)).total_seconds())
