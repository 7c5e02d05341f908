"""The facts of one call as they stand: what the call, the journal and whoever asks for its state read."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from agents.effects import Conversation
from ari_app.desk.discretion import Memory
from ari_app.desk.legs import Legs
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.office_types import Answerable
from ari_app.desk.record import Notes
from store.base.parties import Parties


@dataclass(slots=True)
class CallState:
    """One call. `leg`: the switch's name for the caller's side, or the person's whom we call."""

    id: UUID
    parties: Parties
    leg: str
    who: Answerable
    life: Lifecycle
    notes: Notes = field(default_factory=Notes)
    variables: dict[str, str] = field(default_factory=dict[str, str])
    """What the agent is given: by the order to call, or of who calls (`acquainting`)."""
    decision_id: UUID | None = None
    paid_seconds: int | None = None
    """Answered seconds held on a prepaid balance; None: nothing limits the call."""
    record: bool = False
    """The recording policy, and the caller where asked, allow a recording to be kept."""
    trunk: str = ""
    """The one that it came by."""
    memory: Memory = field(default_factory=Memory, repr=False)
    """What was found of its sentences that is not kept: each is read for it once."""
    talk: Conversation | None = None
    legs: Legs | None = None
