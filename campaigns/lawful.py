"""What compliance is asked about a campaign's call: agent, campaign and contact put together. Pure."""

from __future__ import annotations

from agents.check import untold
from agents.definition import Agent
from agents.loading import loads
from compliance.ledgers.ledger import Request
from store.base.errors import Refused

_CANVASSERS_MAY = frozenset({"canvassing", "callback"})


class WrongPurpose(Refused):
    """The agent cannot call for this purpose."""

    code = "wrong_purpose"


def fit(text: str, name: str, purpose: str, goods: str) -> Agent:
    """The agent of that text, if it may call for `purpose`. Raises WrongPurpose, AgentFileError.

    A canvasser's call named otherwise would escape the law's hours; who canvasses says what the law wants said.
    """
    agent = loads(text, name).agent
    if agent.purpose in ("canvassing", "survey") and purpose not in _CANVASSERS_MAY:
        raise WrongPurpose(f"agent {name} canvasses: its calls are no {purpose} calls", hint="--purpose canvassing")
    if purpose == "canvassing":
        lacks = [lack.message for lack in untold(agent.model_copy(update={"purpose": "canvassing"}))]
        lacks += [] if agent.goods or goods else ["neither its file nor --goods names what is offered"]
        if lacks:
            raise WrongPurpose(f"agent {name} cannot canvass: {'; '.join(lacks)}", hint=f"decroche agent check {name}")
    return agent


def asked(agent: Agent, name: str, *, purpose: str, goods: str, party: str, caller_id: str, to: str, postcode: str
          ) -> Request:  # fmt: skip
    """The question about one person. An agent is an automated caller; it is not yet a call that will be placed."""
    return Request(
        to=to, caller_id=caller_id, purpose=purpose, party=party, automated=True, postcode=postcode or None,
        sector=agent.sector, goods=goods or agent.goods, professional=agent.company.name,
        principal=agent.company.on_behalf_of, agent=name, place=False,
    )  # fmt: skip
