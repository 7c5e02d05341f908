"""What is kept of the mind's answer: what the transcript holds. Pure; the house's own words where nothing stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from agents.after.asking import MOODS, NEXT, SENTENCES
from agents.after.claims import Said, said_in, unsaid
from agents.after.transcript import Line, Transcript
from agents.definition import Agent, Question

_DONE = {
    "fr": {"book": "Rendez-vous pris", "cancel": "Rendez-vous annulé",
           "reschedule": "Rendez-vous déplacé", "message": "Message pris",
           "transfer": "Appel transféré", "opt_out": "La personne ne veut plus être appelée"},
    "en": {"book": "Appointment made", "cancel": "Appointment cancelled",
           "reschedule": "Appointment moved", "message": "Message taken",
           "transfer": "Call transferred", "opt_out": "The person does not want to be called again"},
}  # fmt: skip
_CALL = {"fr": ("Appel entrant", "Appel sortant"), "en": ("Incoming call", "Outgoing call")}


_BETWEEN = re.compile(r"(?<!\bM\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bDr\.)(?<=[.!?…])\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a call leaves to read. `by`: "mind" where a sentence of the mind's stands, else "house".

    `score`: {"points", "of", "answers": [{"id", "ask", "answer", "points", "sentence"}]}, or None without questions.
    `left_out`: how many sentences and answers claimed what was not said.
    """

    summary: str
    by: str
    sheet: Mapping[str, Any]
    tags: Sequence[str] = ()
    score: Mapping[str, Any] | None = None
    left_out: int = 0
    kinds: Sequence[str] = field(default_factory=list[str])
    """What was claimed and not said, by kind, for whoever minds the model."""


def sift(agent: Agent, heard: Transcript, answer: Mapping[str, Any]) -> Analysis:
    """The analysis, of an answer in any form: what does not fit counts as not said."""
    said = said_in(heard.held, heard.agents_words, heard.language)
    dropped: list[str] = []
    kept = [sentence for sentence in _sentences(answer) if _stands(sentence, said, dropped)][:SENTENCES]
    sheet: dict[str, Any] = {"slots": dict(heard.slots), "learnt": _learnt(heard, answer, dropped)}
    step = _next(heard, answer)
    if step:
        sheet["next_step"] = step
    if agent.after.sentiment and answer.get("mood") in MOODS:
        sheet["mood"] = answer["mood"]
    tags = [tag for tag in agent.after.tags if tag in _list(answer.get("tags"))]
    score = _score(agent.after.questions, heard, _mapping(answer.get("answers"))) if agent.after.questions else None
    summary = " ".join(kept) or of_the_house(heard)
    return Analysis(summary, "mind" if kept else "house", sheet, tags, score, len(dropped), sorted(set(dropped)))


def of_the_house(heard: Transcript) -> str:
    """What can be said of a call without any mind: how long it was, and what was done in it."""
    call = _CALL[heard.language][0 if heard.inbound else 1]
    minutes, seconds = divmod(heard.seconds, 60)
    told = [f"{call}, {minutes} min {seconds:02} s."]
    for deed in heard.deeds:
        name = _DONE[heard.language].get(deed.name)
        if name and deed.done:
            when = deed.result.get("starts_at")
            told.append(f"{name}{': ' if when else ''}{heard.when(str(when)) if when else ''}.")
    return " ".join(dict.fromkeys(told))


def _stands(text: str, said: Said, dropped: list[str]) -> bool:
    wrong = unsaid(text, said)
    dropped += [claim.kind for claim in wrong[:1]]
    return not wrong


def _sentences(answer: Mapping[str, Any]) -> list[str]:
    """The mind's sentences one by one: one that holds two is judged as two."""
    texts = [" ".join(str(text).split()) for text in _list(answer.get("summary")) if isinstance(text, str)]
    return [sentence for text in texts for sentence in _BETWEEN.split(text) if sentence]


def _line(heard: Transcript, number: object) -> Line | None:
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= len(heard.lines):
        return None
    return heard.lines[number - 1]


def _learnt(heard: Transcript, answer: Mapping[str, Any], dropped: list[str]) -> list[dict[str, str]]:
    """What the caller told, each held against the very line it is said to stand in."""
    found: list[dict[str, str]] = []
    for each in _list(answer.get("learnt")):
        told = _mapping(each)
        line, what = _line(heard, told.get("line")), " ".join(str(told.get("what", "")).split())
        if line is None or line.who != "caller" or not what:
            continue
        if _stands(what, said_in([line.text], [], heard.language), dropped):
            found.append({"what": what, "sentence": line.text})
    return list({each["sentence"]: each for each in found}.values())


def _next(heard: Transcript, answer: Mapping[str, Any]) -> dict[str, str] | None:
    """What is left to do, with the line that shows it: without one it is not told."""
    told = _mapping(answer.get("next"))
    line = _line(heard, told.get("line"))
    if line is None or told.get("do") not in NEXT or told.get("do") == "none":
        return None
    return {"do": str(told["do"]), "sentence": line.text}


def _score(questions: Sequence[Question], heard: Transcript, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Points of the questions answered yes, out of those answered; a yes or a no needs its line."""
    told: list[dict[str, Any]] = []
    for question in questions:
        given = _mapping(answers.get(question.id))
        line = _line(heard, given.get("line"))
        sure = line is not None and given.get("answer") in ("yes", "no")
        told.append({
            "id": question.id, "ask": question.ask, "answer": given["answer"] if sure else "unknown",
            "points": question.points if sure and given["answer"] == "yes" else 0,
            "sentence": line.text if sure and line else "",
        })  # fmt: skip
    answered = [q.points for q, each in zip(questions, told, strict=True) if each["answer"] != "unknown"]
    return {"points": sum(each["points"] for each in told), "of": sum(answered), "answers": told}


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
