"""The steps every agent has without writing them: taking a message, asking leave to record."""

from __future__ import annotations

from agents.steps import Scenario, Slot, Step
from agents.wording import Wording

CONSENT, CONSENT_YES, CONSENT_NO = "_consent", "_consent_yes", "_consent_no"
MESSAGE, MESSAGE_SEND = "_message", "_message_send"
END = "_end"
ELSE = "_else"
"""Whether the caller wants anything else, after they gave up what was begun."""
BACK = "_back"
"""Leads back to the step the conversation was at before a message was taken."""


def builtin_slots(lines: Wording) -> dict[str, Slot]:
    """The slots of the house's own steps."""
    return {
        "_consent": Slot(type="yes_no", about="agrees to be recorded"),
        "_message": Slot(type="text", about="the message to pass on"),
        "_message_name": Slot(type="name", ask=lines.message_name),
        "_else": Slot(type="yes_no", about="wants anything else"),
    }


def builtin_steps(scenario: Scenario, lines: Wording, recording: str) -> list[Step]:
    """The house's own steps. An agent that names a `message` step of its own is sent there instead.

    `recording`: what the agent says of being recorded.
    """
    start, name = scenario.start, _name_slot(scenario)
    sent = lines.message_done
    return [
        Step(
            id=CONSENT,
            ask=recording,
            fill=["_consent"],
            answers={"yes": CONSENT_YES, "no": CONSENT_NO},
            fallback=CONSENT_NO,
        ),
        Step(id=CONSENT_YES, do="record", args={"allowed": "true"}, wait=False, next=start),
        Step(id=CONSENT_NO, do="record", args={"allowed": "false"}, wait=False, next=start),
        Step(
            id=MESSAGE,
            ask=lines.message_ask,
            fill=["_message", name],
            forget=["_message"],
            next=MESSAGE_SEND,
        ),
        Step(
            id=MESSAGE_SEND,
            do="message",
            args={"text": "{_message}", "name": f"{{{name}}}"},
            wait=False,
            next=BACK,
        ),
        Step(id=BACK, say=sent),
        Step(id=ELSE, ask=lines.anything_else, fill=["_else"], answers={"yes": start, "no": END}),
        Step(id=END, end=True),
    ]


def _name_slot(scenario: Scenario) -> str:
    """The scenario's own name slot, so that a caller who gave a name is not asked twice."""
    return next((s for s, slot in scenario.slots.items() if slot.type == "name"), "_message_name")
