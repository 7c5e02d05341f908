"""What the mind is asked once a call is over, and the form of its answer. Pure.

It points to lines by their number: the sentence that supports an answer is then the line itself, never its own words.
"""

from __future__ import annotations

from typing import Any

from agents.after.transcript import LONGEST_LINE, Transcript
from agents.definition import Agent
from llm.base import JsonSchema, Message

SENTENCES, LONGEST_SENTENCE = 2, 180
MOST_TAGS, MOST_LEARNT, LONGEST_LEARNT = 3, 3, 80
NEXT = ("none", "call_back", "confirm", "send", "read_message", "check")
MOODS = ("calm", "pleased", "worried", "annoyed")
VERSION = 1
"""Of the question put: kept with each analysis, so that two can be told apart."""

_TEXT = {
    "fr": {
        "head": "Tu lis la transcription d'un appel téléphonique de {company}. Réponds en JSON. N'écris que ce qui est "
        "dit : aucun nom, chiffre, prix, jour ou engagement qui n'y est pas.\n"
        "summary : deux phrases courtes, ce que l'appelant voulait, ce qui a été convenu.\n"
        "learnt : ce que l'appelant a dit d'utile, et le numéro de la ligne.\n"
        "next : ce qui reste à faire (none : rien), et la ligne qui le montre.",
        "tags": "tags : celles qui conviennent parmi :",
        "questions": "answers : pour chaque question yes, no ou unknown, et la ligne qui le montre (0 : aucune) :",
        "mood": "mood : le ton de l'appelant.",
        "caller": "Appelant", "agent": "Agent", "done": "Fait : {what}",
    },
    "en": {
        "head": "You read the transcript of a phone call of {company}. Answer in JSON. Write only what was said: no "
        "name, number, price, day or promise that is not there.\n"
        "summary: two short sentences, what the caller wanted, what was agreed.\n"
        "learnt: what the caller said that is useful, and the number of the line.\n"
        "next: what is left to do (none: nothing), and the line that shows it.",
        "tags": "tags: those that fit among:",
        "questions": "answers: for each question yes, no or unknown, and the line that shows it (0: none):",
        "mood": "mood: the caller's tone.",
        "caller": "Caller", "agent": "Agent", "done": "Done: {what}",
    },
}  # fmt: skip


def messages(agent: Agent, heard: Transcript) -> list[Message]:
    """The instructions, the same for all calls of an agent, then the call."""
    text, after = _TEXT[agent.language], agent.after
    head = [text["head"].format(company=agent.company.name)]
    if after.tags:
        head += [text["tags"], *(f"- {tag} : {meaning}" for tag, meaning in after.tags.items())]
    if after.questions:
        head += [text["questions"], *(f"- {question.id} : {question.ask}" for question in after.questions)]
    if after.sentiment:
        head.append(text["mood"])
    lines = [f"{n}. {text[line.who]} : {line.text[:LONGEST_LINE]}" for n, line in heard.numbered()]
    lines += [text["done"].format(what=f"{deed.name} {words}".strip())
              for deed, words in zip((d for d in heard.deeds if d.done), heard.done_in_words, strict=True)]  # fmt: skip
    return [Message("system", "\n".join(head)), Message("user", "\n".join(lines))]


def schema(agent: Agent, heard: Transcript) -> JsonSchema:
    """The form of the answer: every list and text bounded, lines by their numbers."""
    after = agent.after
    line = {"enum": [0, *(n for n, _ in heard.numbered())]}
    parts: dict[str, Any] = {
        "summary": {
            "type": "array", "minItems": 1, "maxItems": SENTENCES,
            "items": {"type": "string", "maxLength": LONGEST_SENTENCE},
        },
        "learnt": {
            "type": "array", "maxItems": MOST_LEARNT,
            "items": _object({"what": {"type": "string", "maxLength": LONGEST_LEARNT}, "line": line}),
        },
        "next": _object({"do": {"enum": list(NEXT)}, "line": line}),
    }  # fmt: skip
    if after.tags:
        parts["tags"] = {"type": "array", "maxItems": MOST_TAGS, "items": {"enum": list(after.tags)}}
    if after.questions:
        answer = _object({"answer": {"enum": ["yes", "no", "unknown"]}, "line": line})
        parts["answers"] = _object({question.id: answer for question in after.questions})
    if after.sentiment:
        parts["mood"] = {"enum": list(MOODS)}
    return _object(parts)


def longest(agent: Agent) -> int:
    """Tokens that an answer of that form may take at most, with room to spare."""
    texts = SENTENCES * LONGEST_SENTENCE + MOST_LEARNT * (LONGEST_LEARNT + 30)
    return texts // 2 + 160 + 24 * len(agent.after.questions) + 12 * MOST_TAGS


def _object(parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
