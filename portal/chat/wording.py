"""An agent in writing: the same file, less what only a call has. Pure.

Nobody is put through, so a person is reached by a message. Who leaves one, or books, says where to answer: a call shows
a number, a page shows nothing. No sound is recorded, so no notice of it is given and no leave asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from agents.builtin import MESSAGE_SEND
from agents.definition import Agent, Recording
from agents.slots.text import Language
from agents.steps import Slot, Step

CONTACT = "_message_contact"
"""The slot of where to answer, where the agent's file has none of its own."""
_REACHES = ("phone", "email")

SAID: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "by_message": "Par écrit, je ne peux pas vous passer quelqu'un : je prends un message, et on vous répondra.",
        "contact": "À quel numéro ou à quelle adresse électronique peut-on vous répondre ?",
        "answer_at": "Répondre à : {contact}",
        "opted_out": "La personne qui écrit demande à ne plus être appelée.",
        "over": "Cette conversation est terminée. Vous pouvez en commencer une autre.",
    },
    "en": {
        "by_message": "In writing I cannot put you through: I will take a message, and somebody will answer you.",
        "contact": "At which telephone number or e-mail address can we answer you?",
        "answer_at": "Answer to: {contact}",
        "opted_out": "The person who writes asks not to be called any more.",
        "over": "This conversation is over. You may begin another one.",
    },
}


def contact_slot(agent: Agent) -> str:
    """The slot that says where the visitor is reached: the scenario's own, or ours."""
    own = (name for name, slot in agent.scenario.slots.items() if slot.type in _REACHES)
    return next(own, CONTACT)


def in_writing(agent: Agent) -> Agent:
    """The agent as it answers in writing."""
    said, contact = SAID[agent.language], contact_slot(agent)
    lines = {"no_transfer": said["by_message"], "transfer_failed": said["by_message"],
             "transfer_refused": said["by_message"]}  # fmt: skip
    scenario = agent.scenario
    slots = {**scenario.slots, CONTACT: Slot(type="text", ask=said["contact"])}
    if contact != CONTACT and not slots[contact].ask:
        slots[contact] = slots[contact].model_copy(update={"ask": said["contact"]})
    update = {
        "tools": [*(tool for tool in agent.tools if tool not in ("transfer", "dtmf", "message")), "message"],
        "recording": Recording(),
        "wording": agent.wording.model_copy(update=lines),
        "scenario": scenario.model_copy(update={"slots": slots, "steps": _steps(agent, contact)}),
    }
    made = agent.model_copy(update=update)
    for name, value in vars(Agent).items():  # what was worked out of the file as calls have it
        if isinstance(value, cached_property):
            vars(made).pop(name, None)
    return made


def _steps(agent: Agent, contact: str) -> list[Step]:
    """The scenario's, and the house's own message: what is booked or left is done once it is known where to answer."""
    steps = [*agent.scenario.steps, agent.steps[MESSAGE_SEND]]
    return [
        step.model_copy(update={"fill": [*step.fill, contact]})
        if step.do in ("book", "message") and contact not in step.fill else step
        for step in steps
    ]  # fmt: skip
