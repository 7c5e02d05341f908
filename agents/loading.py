"""The agent's YAML file read: every error with its line, its path, and what to do."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ValidationError

from agents.bounds import bounded, unfit
from agents.check import check
from agents.definition import Agent
from agents.problems import Path_, Problem
from store.base.errors import BadInput, reason

EXAMPLES = Path(__file__).parent / "examples"
"""The agents that come with the house."""


class AgentFileError(BadInput):
    """The agent's file is wrong."""

    code = "agent_file"

    def __init__(self, name: str, problems: list[Problem]) -> None:
        """`problems`: all of them, so that a person mends the file once."""
        self.name, self.problems = name, problems
        told = "\n".join(f"  {name}:{p.line}: {p.where}: {p.what}" for p in problems)
        hints = list(dict.fromkeys(p.hint for p in problems if p.hint))
        super().__init__(f"{len(problems)} problem(s)\n{told}", hint="; ".join(hints[:4]))


@dataclass(frozen=True, slots=True)
class Loaded:
    """An agent and the text it was read from."""

    agent: Agent
    text: str
    warnings: tuple[Problem, ...]


def load(path: Path) -> Loaded:
    """Read and check an agent's file. Raises AgentFileError, BadInput when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({reason(error)})", hint="name a UTF-8 YAML file") from error
    return loads(text, str(path))


def loads(text: str, name: str = "agent") -> Loaded:
    """Read and check an agent's text. Raises AgentFileError."""
    try:
        if (beyond := bounded(text)) is not None:
            raise AgentFileError(name, [beyond])
        node = cast("yaml.Node | None", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
    except yaml.YAMLError as error:
        raise AgentFileError(name, [_syntax(error)]) from error
    reader = _Reader()
    raw = reader.value(node, ()) if node is not None else None
    if not isinstance(raw, dict):
        reader.problems.append(Problem(1, "file", "is not a mapping", "start with 'id: my-agent'"))
    if reader.problems:
        raise AgentFileError(name, reader.problems)
    try:
        agent = Agent.model_validate(raw)
    except ValidationError as error:
        raise AgentFileError(name, [_problem(e, reader.lines) for e in error.errors()]) from error
    found = check(agent, lambda path: line_of(path, reader.lines))
    errors = [p for p in found if p.severity == "error"]
    if errors:
        raise AgentFileError(name, errors)
    return Loaded(agent, text, tuple(p for p in found if p.severity == "warning"))


def line_of(path: Path_, lines: Mapping[Path_, int]) -> int:
    """The line of `path`, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Reader:
    """YAML nodes as plain values. Scalars stay text: yes, no, 9:00 and 06 mean what is written."""

    def __init__(self) -> None:
        self.lines: dict[Path_, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: Path_) -> Any:
        """The node's value; its line is kept under `path`."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, i)) for i, child in enumerate(cast("list[yaml.Node]", node.value))]
        plain = cast("yaml.ScalarNode", node)
        text = str(plain.value)
        if wrong := unfit(text):
            what, hint = f"holds {wrong}, which no text for people holds", "write the words only"
            self.problems.append(Problem(node.start_mark.line + 1, path_text(path), what, hint))
        if plain.style is None and text in ("", "~", "null"):
            return None
        if plain.style is None and text in ("true", "false"):
            return text == "true"
        return text.strip() if plain.style in ("|", ">") else text

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, child in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if wrong := unfit(key):
                self.problems.append(Problem(line, path_text(path), f"a key holds {wrong}", "write the key only"))
                continue
            if key in made:
                where = path_text((*path, key))
                self.problems.append(Problem(line, where, "is there twice", "keep one of the two"))
            self.lines[(*path, key)] = line
            made[key] = self.value(child, (*path, key))
        return made


def path_text(path: Path_) -> str:
    """`scenario.steps[2].next`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "file"


def _syntax(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = str(getattr(error, "problem", "") or error)
    line = mark.line + 1 if mark is not None else 1
    return Problem(line, "YAML", what, "mind the indentation, and put text that holds ': ' in quotes")


def _problem(error: Any, lines: Mapping[Path_, int]) -> Problem:
    path = cast("Path_", tuple(error["loc"]))
    kind, line, where = error["type"], line_of(path, lines), path_text(path)
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), _keys_at(path[:-1]), n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(_keys_at(path[:-1]))}"
        return Problem(line, where, f"unknown key '{path[-1]}'" + (f"; {hint}" if near else ""), hint)
    if kind == "missing":
        return Problem(line, where, f"'{path[-1]}' is missing", f"add '{path[-1]}:'")
    if kind == "literal_error":
        near = difflib.get_close_matches(str(error["input"]), _words(error["ctx"]["expected"]), n=1)
        mean = f"; did you mean '{near[0]}'?" if near else ""
        return Problem(line, where, f"'{error['input']}' is not one of {error['ctx']['expected']}{mean}", "")
    said = error["msg"].removeprefix("Value error, ")
    return Problem(line, where, said[:1].lower() + said[1:], "")


def _words(expected: str) -> list[str]:
    return [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]


def _keys_at(path: Path_) -> list[str]:
    """The keys allowed at a path of the definition."""
    model: type[BaseModel] = Agent
    for part in path:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation) if field else None
        model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for arg in typing.get_args(annotation) if (m := _model_in(arg))), None)
