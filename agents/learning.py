"""What callers asked, put into the agent's file: a wording for a fact, or a new fact, each with its test. Pure text.

The file stays its author's: comments, order and style are kept, and only what is added is new.
"""

from __future__ import annotations

import json
from typing import cast

import yaml

from agents.loading import loads
from agents.writing import add_key, append, child, ended
from store.base.errors import BadInput


def with_wording(text: str, fact: str, asked: str) -> str:
    """The file with one more sentence that asks for `fact`, and the test of it.

    Raises BadInput where there is no such fact, or it has the sentence already; AgentFileError for a broken file.
    """
    agent = loads(text, "the agent's file").agent
    known = next((each for each in agent.facts if each.id == fact), None)
    if known is None:
        raise BadInput(f"no fact is called {fact!r}", hint=f"known: {', '.join(each.id for each in agent.facts)}")
    if asked in known.asked:
        raise BadInput(f"fact {fact} has that sentence already", hint="see its asked:")
    node = next(each for each in _items(_find(text, "facts")) if _value(each, "id") == fact)
    list_of = child(node, "asked")
    if isinstance(list_of, yaml.SequenceNode) and list_of.value:
        text = append(text, list_of, json.dumps(asked, ensure_ascii=False))
    else:
        text = add_key(text, node, f"asked: [{json.dumps(asked, ensure_ascii=False)}]")
    return _checked(_with_test(text, asked, known.say, fact))


def with_fact(text: str, fact: str, asked: str, say: str) -> str:
    """The file with a new fact, told word for word, and the test of it. Raises BadInput, AgentFileError."""
    agent = loads(text, "the agent's file").agent
    if any(each.id == fact for each in agent.facts):
        raise BadInput(f"a fact is called {fact!r} already", hint="leave --say out to add a wording to it")
    quoted = json.dumps(asked, ensure_ascii=False)
    entry = f"{{id: {fact}, about: [{quoted}], asked: [{quoted}], say: {json.dumps(say, ensure_ascii=False)}}}"
    facts = _find(text, "facts")
    text = append(text, facts, entry) if facts is not None and facts.value else ended(text) + f"facts:\n  - {entry}\n"
    return _checked(_with_test(text, asked, say, fact))


def _with_test(text: str, asked: str, say: str, fact: str) -> str:
    turn: dict[str, object] = {"caller": asked, "fact": fact}
    if say and "{" not in say:
        turn["says"] = say
    entry = json.dumps({"name": f"appris : {asked}"[:80], "turns": [turn]}, ensure_ascii=False)
    tests = _find(text, "tests")
    if tests is not None and tests.value:
        return append(text, tests, entry)
    return ended(text) + f"tests:\n  - {entry}\n"


def _checked(text: str) -> str:
    loads(text, "the agent's file as it would be")
    return text


def _find(text: str, key: str) -> yaml.SequenceNode | None:
    root = cast("yaml.Node | None", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
    found = child(root, key) if isinstance(root, yaml.MappingNode) else None
    return found if isinstance(found, yaml.SequenceNode) else None


def _items(node: yaml.SequenceNode | None) -> list[yaml.MappingNode]:
    return [each for each in cast("list[yaml.Node]", node.value if node else []) if isinstance(each, yaml.MappingNode)]


def _value(node: yaml.MappingNode, key: str) -> str:
    found = child(node, key)
    return str(found.value) if isinstance(found, yaml.ScalarNode) else ""
