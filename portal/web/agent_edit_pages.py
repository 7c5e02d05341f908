"""Agents changed and tried: the form, the YAML beside, what callers asked in vain, a conversation by text."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast

from starlette.responses import Response

from agents import forms
from agents import versions as operations
from agents.definition import Agent
from agents.forms import ClosureLine, FactLine, Form, FormRefused
from agents.hours import DAYS
from agents.learning import with_fact, with_wording
from agents.loading import AgentFileError, loads
from agents.replaying import MOST_LINES, hold
from agents.versions import WrittenMeanwhile
from portal.door import Seat
from portal.reading import agents as reading
from portal.web.routes import Pages
from portal.web.visit import Answer, Visit
from portal.words import LONG_DAYS
from store.agents import AgentVersion
from store.base.errors import BadInput

pages = Pages()

DAY_NAMES = dict(zip(DAYS, LONG_DAYS, strict=True))
EMPTY_LINES = 2
"""Blank closures and facts below those there are: without a script, more come by saving."""
MEANWHILE = "Quelqu'un a écrit une version plus récente entre-temps : relisez-la, puis refaites votre changement."


def _newest(visit: Visit, seat: Seat) -> AgentVersion:
    return reading.versions(seat, str(visit.request.path_params["agent"]))[0]


# -- the form


@pages.get("/agents/{agent}/modifier", "agents_edit")
def form(visit: Visit, seat: Seat) -> Answer:
    """What somebody at an office changes."""
    newest = _newest(visit, seat)
    try:
        return _form(visit, newest, forms.read(loads(newest.yaml).agent))
    except AgentFileError:
        return visit.go(f"/agents/{newest.agent}/yaml")


def _form(visit: Visit, newest: AgentVersion, of: Form, status: int = 200) -> Response:
    facts = [*of.facts, *[FactLine("")] * EMPTY_LINES]
    closures = [*of.closures, *[ClosureLine("")] * EMPTY_LINES]
    return visit.page("agent_form.html", status, version=newest, of=of, facts=facts, closures=closures,
                      days=DAY_NAMES)  # fmt: skip


@pages.post("/agents/{agent}/modifier", "agents_edit")
def form_given(visit: Visit, seat: Seat) -> Answer:
    """A new draft, where the form may be written."""
    newest, typed = _newest(visit, seat), typed_form(visit.form)
    try:
        text = forms.write(newest.yaml, typed)
        made = operations.write(seat.conn, seat.whose, newest.agent, loads(text, newest.agent),
                                upon=_upon(visit), by=seat.by)  # fmt: skip
    except FormRefused as error:
        visit.faults.update(error.faults)
        return _form(visit, newest, typed, 422)
    except WrittenMeanwhile:
        visit.faults["form"] = MEANWHILE
        return _form(visit, newest, typed, 409)
    return visit.go(f"/agents/{made.agent}/versions/{made.version}?fait=brouillon")


def _upon(visit: Visit) -> int:
    text = visit.form.get("base", "")
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def typed_form(typed: Mapping[str, str]) -> Form:
    """The form as it was typed."""
    facts: list[FactLine] = []
    closures: list[ClosureLine] = []
    for place in range(forms.MOST_FACTS + EMPTY_LINES):
        if (told := typed.get(f"fait-{place}-dit")) is not None and typed.get(f"fait-{place}-retirer") != "oui":
            words = [word.strip() for word in typed.get(f"fait-{place}-mots", "").split(",")]
            facts.append(FactLine(typed.get(f"fait-{place}-id", ""), typed.get(f"fait-{place}-nom", ""),
                                  [word for word in words if word], told))  # fmt: skip
        if (first := typed.get(f"fermeture-{place}-du")) is not None:
            closures.append(ClosureLine(first, typed.get(f"fermeture-{place}-au", ""),
                                        typed.get(f"fermeture-{place}-dit", "")))  # fmt: skip
    return forms.tidy(Form(
        typed.get("accueil", ""), typed.get("au-revoir", ""), typed.get("humain-nom", ""),
        typed.get("humain-numero", ""), {day: typed.get(f"heures-{day}", "") for day in DAYS}, closures, facts,
        typed.get("humain-demande") == "oui",
    ))  # fmt: skip


# -- the YAML


@pages.get("/agents/{agent}/yaml", "agents_edit")
def text(visit: Visit, seat: Seat) -> Answer:
    """The whole file."""
    newest = _newest(visit, seat)
    return visit.page("agent_yaml.html", version=newest, source=newest.yaml, problems=[])


@pages.post("/agents/{agent}/yaml", "agents_edit")
def text_given(visit: Visit, seat: Seat) -> Answer:
    """A new draft, where the text is an agent; else every fault with its line."""
    newest = _newest(visit, seat)
    typed = visit.form.get("yaml", "").replace("\r\n", "\n")
    upon = None if visit.form.get("verifier") else _upon(visit)
    try:
        loaded = loads(typed, newest.agent)
        if upon is None:
            return visit.page("agent_yaml.html", version=newest, source=typed, problems=loaded.warnings, checked=True)
        made = operations.write(seat.conn, seat.whose, newest.agent, loaded, upon=upon, by=seat.by)
    except AgentFileError as error:
        return visit.page("agent_yaml.html", 422, version=newest, source=typed, problems=error.problems)
    except WrittenMeanwhile:
        visit.faults["form"] = MEANWHILE
        return visit.page("agent_yaml.html", 409, version=newest, source=typed, problems=[])
    except BadInput:
        visit.faults["form"] = f"« id » doit rester {newest.agent} : c'est le nom de cet agent."
        return visit.page("agent_yaml.html", 422, version=newest, source=typed, problems=[])
    return visit.go(f"/agents/{made.agent}/versions/{made.version}?fait=brouillon")


# -- what callers asked in vain


@pages.get("/agents/{agent}/manques", "agents_edit")
def missed(visit: Visit, seat: Seat) -> Answer:
    """What callers asked in vain, alike together, and what to teach."""
    seat.needs("transcripts")
    return _missed(visit, seat)


def _missed(visit: Visit, seat: Seat, status: int = 200) -> Answer:
    newest = _newest(visit, seat)
    found = reading.missed(seat, newest.agent, visit.now)
    agent = _agent(newest)

    def drawn() -> Response:
        asked = reading.asked_in_vain(found, agent, visit.portal.sense()) if agent else []
        return visit.page("missed.html", status, version=newest, asked=asked, facts=agent.facts if agent else [])

    return drawn


def _agent(of: AgentVersion) -> Agent | None:
    try:
        return loads(of.yaml, of.agent).agent
    except AgentFileError:
        return None


@pages.post("/agents/{agent}/manques", "agents_edit")
def learn(visit: Visit, seat: Seat) -> Answer:
    """A sentence becomes a wording of a fact, or a fact of its own, with its test: a new draft."""
    seat.needs("transcripts")
    newest = _newest(visit, seat)
    asked, fact = visit.form.get("phrase", "").strip()[:300], visit.form.get("fait", "")
    told = " ".join(visit.form.get("reponse", "").split())[:1000]
    try:
        if not asked or not (fact or told):
            raise BadInput("Choisissez ce qui répond à cette question, ou écrivez la réponse.")
        if fact:
            learnt = with_wording(newest.yaml, fact, asked)
        else:
            learnt = with_fact(newest.yaml, forms.new_name(asked, newest.yaml), asked, told)
        made = operations.write(seat.conn, seat.whose, newest.agent, loads(learnt, newest.agent),
                                upon=_upon(visit), by=seat.by)  # fmt: skip
    except WrittenMeanwhile:
        visit.faults["form"] = MEANWHILE
        return _missed(visit, seat, 409)
    except BadInput as error:
        visit.fault(error)
        return _missed(visit, seat, 422)
    return visit.go(f"/agents/{made.agent}/versions/{made.version}?fait=brouillon")


# -- try it by text


@pages.get("/agents/{agent}/versions/{version}/essayer", "agents_test")
def begin(visit: Visit, seat: Seat) -> Answer:
    """The agent picks up."""
    return _talk(visit, seat, [])


@pages.post("/agents/{agent}/versions/{version}/essayer", "agents_test")
def said(visit: Visit, seat: Seat) -> Answer:
    """One more line of the caller; the whole conversation comes with it, and is held again."""
    lines = lines_of(visit.form.get("dit", ""))
    line = " ".join(visit.form.get("ligne", "").split())[:500]
    if visit.form.get("recommencer"):
        return _talk(visit, seat, [])
    return _talk(visit, seat, [*lines, line] if line else lines)


def lines_of(text: str) -> list[str]:
    """The caller's lines that a form brought back; what is no such list is none."""
    try:
        found: Any = json.loads(text or "[]")
    except ValueError:
        return []
    if not isinstance(found, list):
        return []
    return [line[:500] for line in cast("list[Any]", found)[:MOST_LINES] if isinstance(line, str) and line.strip()]


def _talk(visit: Visit, seat: Seat, lines: list[str]) -> Answer:
    parts = visit.request.path_params
    found = reading.version(seat, str(parts["agent"]), str(parts["version"]))
    agent = _agent(found)
    if agent is None:
        raise BadInput("Cette version n'est plus lisible : ouvrez son texte.")

    def drawn() -> Response:
        talk = asyncio.run(hold(agent, lines, visit.now.astimezone(visit.zone), visit.portal.sense()))
        return visit.page("try.html", version=found, talk=talk, lines=json.dumps(lines, ensure_ascii=False),
                          full=len(lines) >= MOST_LINES)  # fmt: skip

    return drawn
