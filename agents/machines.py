"""What an agent that calls says to what is no person: the message it leaves; who it tells an assistant it is."""

from __future__ import annotations

from agents.definition import Agent, Purpose
from agents.effects import Facts, Say
from agents.render import say_variable
from agents.slots.text import Language
from agents.spoken import fill

_WHO: dict[Language, tuple[str, str]] = {
    "fr": ("Ici {company}.", "Ici {company}, pour {other}."),
    "en": ("This is {company}.", "This is {company}, on behalf of {other}."),
}
_WHY: dict[Language, dict[Purpose, str]] = {
    "fr": {
        "service": "C'est au sujet d'un service qui nous a été demandé.",
        "contract": "C'est au sujet d'un contrat en cours.",
        "survey": "C'est pour une enquête.",
        "canvassing": "C'est un appel commercial.",
    },
    "en": {
        "service": "It is about a service that we were asked for.",
        "contract": "It is about a current contract.",
        "survey": "It is about a survey.",
        "canvassing": "It is a commercial call.",
    },
}


def message(agent: Agent, facts: Facts) -> list[Say]:
    """What is left after the beep: who calls, that it is an artificial intelligence, whatever else the law wants said
    at an opening, then the file's message. Nobody can ask it anything, so it stands by itself."""
    told = {**facts.variables, "company": agent.company.name, "on_behalf_of": agent.company.on_behalf_of}
    today = facts.now.date()

    def filled(text: str) -> str:
        return fill(text, lambda name: say_variable(agent, str(told.get(name, "")), today))

    said = [
        Say(filled(agent.greeting), ready=True, kind="greeting"),
        Say(filled(agent.disclosure), ready=True, kind="disclosure"),
        Say(filled(agent.commercial_notice), ready=True, kind="commercial"),
        Say(filled(agent.on_machine)),
    ]
    return [each for each in said if each.text.strip()]


def introduction(agent: Agent) -> list[Say]:
    """Company and reason, for whoever screens the call; nothing about the person who is called."""
    alone, for_another = _WHO[agent.language]
    names = {"company": agent.company.name, "other": agent.company.on_behalf_of}
    who = fill(for_another if agent.company.on_behalf_of else alone, lambda name: names[name])
    why = agent.reason or _WHY[agent.language][agent.purpose]
    said = [Say(who), Say(agent.disclosure if "{" not in agent.disclosure else ""), Say(why)]
    return [each for each in said if each.text.strip()]
