"""What an agent does in writing: the office's own actions, as in a call; what needs a telephone becomes a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from agents.effects import Act
from ari_app.actions.base import perform_off_the_line
from ari_app.desk.office import Office
from ari_app.desk.office_types import Answerable
from portal.chat.talk import NOBODY
from portal.chat.wording import SAID, contact_slot
from store.base.errors import BadInput
from store.base.numbering import e164
from store.base.parties import Parties


@dataclass(frozen=True, slots=True)
class Desk:
    """The conversation an action is done for (`ari_app/actions/base.AtTheOffice`)."""

    call_id: UUID
    who: Answerable
    office: Office
    at_ms: int
    parties: Parties = NOBODY

    @property
    def party(self) -> str:
        """Nobody's number is known of who writes."""
        return self.parties.far


async def perform(act: Act, told: Mapping[str, str], desk: Desk) -> Mapping[str, Any]:
    """Do it. `told`: what the visitor has said so far, by slot.

    A message says where to answer. Who does not want to be called any more is heard by a person: a number that is
    written proves nobody's, and an opposition of somebody else's would silence lawful calls.
    """
    agent = desk.who.agent
    said = SAID[agent.language]
    if act.name == "opt_out":
        act = Act("message", {"text": said["opted_out"]})
    contact = told.get(contact_slot(agent), "")
    if act.name == "message":
        act = replace(act, args=message(act.args, contact, said["answer_at"]))
    elif act.name == "book":
        act = replace(act, args=booking(act.args, contact, said["answer_at"]))
    return await perform_off_the_line(act, desk)


def message(args: Mapping[str, Any], contact: str, answer_at: str) -> dict[str, Any]:
    """A message's arguments with where to answer: as its number where it is one, else within its text. Pure."""
    if not contact or args.get("phone"):
        return dict(args)
    try:
        return {**args, "phone": e164(contact)}
    except BadInput:
        return {**args, "text": f"{args.get('text', '')} — {answer_at.format(contact=contact)}"}


def booking(args: Mapping[str, Any], contact: str, answer_at: str) -> dict[str, Any]:
    """A booking's, with where to answer in its note. Nobody is texted or mailed there: it is not known whose it is.
    Pure."""
    if not contact:
        return dict(args)
    note = " ".join(filter(None, [str(args.get("note", "")), answer_at.format(contact=contact)]))
    return {**args, "note": note}
