"""A map's YAML read: every error with its line, its path, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ValidationError

from agents.bounds import bounded, unfit
from agents.loading import line_of, path_text
from agents.problems import Path_, Problem, near
from agents.render import OWN_FIELDS
from portal.links.crm import filling
from portal.links.crm.definition import After, Booking, Creation, CrmMap, Lookup, Request, Seek, Writing
from store.base.errors import BadInput, reason
from store.base.outward import OutwardRefused, shaped

SHIPPED = Path(__file__).parent / "maps"
"""The maps that come with the house."""
MOST_BYTES = 64 * 1024
_CONTACT = ("contact.id", "contact.name")
_AT: dict[tuple[str, ...], type[BaseModel]] = {
    (): CrmMap, ("lookup",): Lookup, ("lookup", "request"): Request, ("after",): After, ("after", "contact"): Creation,
    ("after", "call"): Writing, ("after", "booking"): Booking,
}  # fmt: skip


class CrmMapError(BadInput):
    """The map of a CRM is wrong."""

    code = "crm_map"

    def __init__(self, name: str, problems: list[Problem]) -> None:
        """`problems`: all of them, so that a person mends the file once."""
        self.problems = problems
        told = "\n".join(f"  {name}:{p.line}: {p.where}: {p.what}" for p in problems)
        hints = list(dict.fromkeys(p.hint for p in problems if p.hint))
        super().__init__(f"{len(problems)} problem(s)\n{told}", hint="; ".join(hints[:4]))


def shipped() -> list[str]:
    """The names of the maps that come with the house."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def text_of(path: Path) -> str:
    """A map's text. Raises BadInput."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read ({reason(error)})", hint="name a UTF-8 YAML file") from error


@lru_cache(maxsize=64)
def loads(text: str, name: str = "map") -> CrmMap:
    """Read and check a map. Raises CrmMapError."""
    try:
        if (beyond := bounded(text, MOST_BYTES)) is not None:
            raise CrmMapError(name, [beyond])
        node = cast("yaml.Node | None", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = str(getattr(error, "problem", "") or error)
        hint = "mind the indentation, and put text that holds ': ' or begins with { in quotes"
        raise CrmMapError(name, [Problem(mark.line + 1 if mark else 1, "YAML", what, hint)]) from error
    reader = _Reader()
    raw = reader.value(node, ()) if node is not None else None
    if not isinstance(raw, dict):
        reader.problems.append(Problem(1, "file", "is not a mapping", "begin with 'name: our CRM'"))
    if reader.problems:
        raise CrmMapError(name, reader.problems)
    try:
        found = CrmMap.model_validate(raw)
    except ValidationError as error:
        raise CrmMapError(name, [_problem(each, reader.lines) for each in error.errors()]) from error
    checker = _Checker(found, reader.lines)
    checker.check()
    if checker.problems:
        raise CrmMapError(name, sorted(checker.problems, key=lambda each: each.line))
    return found


class _Reader:
    """YAML nodes as JSON values: what is written without quotes may be a number, true, false or null."""

    def __init__(self) -> None:
        self.lines: dict[Path_, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: Path_) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*path, n)) for n, each in enumerate(cast("list[yaml.Node]", node.value))]
        written = str(cast("yaml.ScalarNode", node).value)
        if wrong := unfit(written):
            self._bad(node, path, f"holds {wrong}, which no text holds", "write the words only")
        if cast("yaml.ScalarNode", node).style is not None:
            return written
        if written.removeprefix("-").isdecimal() and (len(written) == 1 or not written.startswith("0")):
            return int(written) if len(written) < 16 else written
        return {"": None, "~": None, "null": None, "true": True, "false": False}.get(written, written)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, child in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            key = str(key_node.value)
            if key in made or unfit(key):
                self._bad(key_node, (*path, key), "is there twice" if key in made else "is no key", "keep one, plain")
                continue
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            made[key] = self.value(child, (*path, key))
        return made

    def _bad(self, node: yaml.Node, path: Path_, what: str, hint: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, path_text(path), what, hint))


def _problem(error: Any, lines: Mapping[Path_, int]) -> Problem:
    path = cast("Path_", tuple(error["loc"]))
    line, where = line_of(path, lines), path_text(path)
    if error["type"] == "extra_forbidden":
        return Problem(line, where, f"unknown key '{path[-1]}'", near(str(path[-1]), _keys_at(path[:-1])))
    if error["type"] == "missing":
        return Problem(line, where, f"'{path[-1]}' is missing", f"add '{path[-1]}:'")
    said = str(error["msg"]).removeprefix("Value error, ")
    return Problem(line, where, said[:1].lower() + said[1:], "")


def _keys_at(path: Path_) -> list[str]:
    """The keys that may stand there."""
    named = tuple(part for part in path if isinstance(part, str))
    model = _AT.get(named) or (
        Request if named[-1:] in (("request",), ("cancel",)) else Seek if named[-1:] == ("seek",) else CrmMap
    )
    return [each.alias or name for name, each in model.model_fields.items()]


class _Checker:
    """What a well-formed map still gets wrong: names that nothing fills, paths that lead nowhere."""

    def __init__(self, the_map: CrmMap, lines: Mapping[Path_, int]) -> None:
        self.map, self.lines = the_map, lines
        self.problems: list[Problem] = []
        self.general = ["secret", *(f"setting.{name}" for name in the_map.settings)]
        self.contact = [
            *_CONTACT, *dict.fromkeys(f"contact.{name}" for each in the_map.lookup for name in each.also)
        ]  # fmt: skip

    def bad(self, path: Path_, what: str, hint: str = "") -> None:
        self.problems.append(Problem(line_of(path, self.lines), path_text(path), what, hint))

    def check(self) -> None:
        the_map = self.map
        if the_map.url:
            try:
                shaped(the_map.url)
            except OutwardRefused as error:
                self.bad(("url",), str(error), error.hint)
        for name, value in the_map.headers.items():
            if not name.replace("-", "").isalnum() or name.lower() in ("host", "content-length", "transfer-encoding"):
                self.bad(("headers", name), "is no header that may be set", "Authorization, DOLAPIKEY, …")
            self._names(("headers", name), value, self.general)
        if not filling.is_path(the_map.fault):
            self.bad(("fault",), f"'{the_map.fault}' leads nowhere", "a path as error.message")
        for n, lookup in enumerate(the_map.lookup):
            self._lookup(("lookup", n), lookup)
        if not the_map.lookup:
            self.bad((), "looks nobody up", "add 'lookup:'")
        self._after()

    def _lookup(self, path: Path_, lookup: Lookup) -> None:
        self._request((*path, "request"), lookup.request, [*self.general, *filling.NUMBER])
        self._paths((*path, "at"), f"{{{lookup.at}}}")
        for key, template in (("id", lookup.id), ("name", lookup.name)):
            self._paths((*path, key), template)
        for key, group in (("also", lookup.also), ("variables", lookup.variables)):
            for name, template in group.items():
                self._paths((*path, key, name), template)
        for n, template in enumerate(lookup.numbers):
            self._paths((*path, "numbers", n), template)
        for name in lookup.variables:
            if name in (*OWN_FIELDS, "caller"):
                self.bad((*path, "variables", name), f"'{name}' is a name of the house", "choose another")

    def _after(self) -> None:
        after, known = self.map.after, [*self.general, *filling.NUMBER]
        if after.contact is not None:
            self._request(("after", "contact", "request"), after.contact.request, [*known, *filling.PERSON])
            self._paths(("after", "contact", "id"), after.contact.id)
        known = [*known, "key", *filling.PERSON, *self.contact]
        for name, writing, own in (("call", after.call, filling.CALL), ("booking", after.booking, filling.BOOKING)):
            if writing is None:
                continue
            path: Path_ = ("after", name)
            self._request((*path, "request"), writing.request, [*known, *own])
            self._paths((*path, "id"), writing.id)
            if writing.seek is not None:
                self._request((*path, "seek", "request"), writing.seek.request, [*known, *own])
                self._paths((*path, "seek", "at"), f"{{{writing.seek.at}}}")
                self._paths((*path, "seek", "id"), writing.seek.id)
            cancel = writing.cancel if isinstance(writing, Booking) else None
            if cancel is not None:
                self._request((*path, "cancel"), cancel, [*known, *own, "found.id"])
                if writing.seek is None:
                    self.bad((*path, "cancel"), "nothing finds what is to be cancelled", "add 'seek:'")

    def _request(self, path: Path_, request: Request, known: Iterable[str]) -> None:
        for template in filling.templates(request):
            self._names(path, template, known)
        for template in (request.path, *request.query.values()):
            if "secret" in filling.names_in(template):
                self.bad(path, "the secret stands in an address, which is written down on the way", "in 'headers:'")

    def _names(self, path: Path_, template: str, known: Iterable[str]) -> None:
        for name in filling.names_in(template):
            if name not in known:
                self.bad(path, f"nothing fills {{{name}}}", near(name, known))
        if {"{", "}"} & set(filling.text(template, {})):
            self.bad(path, "a brace stands alone", "write {number.e164}")

    def _paths(self, path: Path_, template: str) -> None:
        for name in filling.names_in(template):
            if not filling.is_path(name):
                self.bad(path, f"'{name}' is no path into an answer", "write names[0].first")
        if {"{", "}"} & set(filling.text(template, {})):
            self.bad(path, "a brace stands alone", "write {id}")
