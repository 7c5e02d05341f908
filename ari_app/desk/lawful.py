"""What compliance is asked about a call to place: the agent's file and the order, put together. Pure."""

from __future__ import annotations

from uuid import UUID

from agents.check import untold
from agents.definition import Agent, Purpose
from ari_app.desk.office_types import Answerable, CallOrder
from compliance.ledgers.ledger import Request
from store.base.errors import Refused

_PURPOSES: dict[Purpose, str] = {
    "service": "service",
    "contract": "contract",
    "canvassing": "canvassing",
    "survey": "canvassing",
}
"""An agent's purpose as compliance knows it. A survey has no rule of its own: the strictest holds."""

_CANVASSERS_MAY = frozenset({"canvassing", "callback"})
"""What a canvassing agent may be ordered to call for; called service or contract, it would escape the law's hours."""


class WrongPurpose(Refused):
    """The agent cannot place a call for this purpose."""

    code = "wrong_purpose"


def asked(who: Answerable, call_id: UUID, number: str, order: CallOrder) -> Request:
    """The question for compliance. An agent is an automated caller, whoever ordered the call.

    Raises WrongPurpose for an order that its agent's file does not allow: a canvasser's call named otherwise, or
    canvassing by an agent that does not say what the law wants said.
    """
    agent = who.agent
    purpose = order.purpose or _PURPOSES[agent.purpose]
    if agent.purpose == "canvassing" and purpose not in _CANVASSERS_MAY:
        raise WrongPurpose(
            f"agent {agent.id} canvasses: its calls are no {purpose} calls", hint="order another agent, or no purpose"
        )
    if order.purpose == "canvassing" and not order.check_only:
        _fit_to_canvass(agent)
    return Request(
        to=number,
        caller_id=who.number,
        party=order.party,
        purpose=purpose,
        automated=True,
        postcode=order.postcode or None,
        sector=agent.sector,
        goods=agent.goods,
        professional=agent.company.name,
        principal=agent.company.on_behalf_of,
        agent=who.agent_name,
        call_id=call_id,
        at=order.at,
        place=not order.check_only,
    )


def _fit_to_canvass(agent: Agent) -> None:
    canvassing = agent.model_copy(update={"purpose": "canvassing"})
    lacks = [lack.message for lack in untold(canvassing)] + ([] if agent.goods else ["its file names no goods"])
    if lacks:
        raise WrongPurpose(
            f"agent {agent.id} cannot canvass: {'; '.join(lacks)}", hint="publish an agent with purpose: canvassing"
        )
