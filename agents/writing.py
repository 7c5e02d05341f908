"""An agent's file changed in places: a text, a key, an item. Pure; comments, order and style stay its author's.

Works on the text by the places YAML's own parser gives, so that what is not changed stays as it was, byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import cast

import yaml

from agents.problems import Path_

_PLAIN = re.compile(r"[0-9][0-9:h, \-–]*|\+[0-9]+")
"""What may stand without quotes where it stood so: hours, dates, numbers."""


def node_at(text: str, path: Path_) -> yaml.Node | None:
    """What stands at a path of the file; None: nothing."""
    node = cast("yaml.Node | None", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
    for part in path:
        if isinstance(node, yaml.MappingNode) and isinstance(part, str):
            node = child(node, part)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            items = cast("list[yaml.Node]", node.value)
            node = items[part] if part < len(items) else None
        else:
            return None
    return node


def child(node: yaml.MappingNode, key: str) -> yaml.Node | None:
    """The value of a key; None where there is none."""
    return next((value for name, value in _pairs(node) if name.value == key), None)


def _pairs(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    return cast("list[tuple[yaml.Node, yaml.Node]]", node.value)


def with_text(text: str, path: Path_, value: str) -> str:
    """The file with another text at `path`; the key is added where there is none (what is around it must be there)."""
    node = node_at(text, path)
    if isinstance(node, yaml.ScalarNode):
        plain = node.style is None and node.value and _PLAIN.fullmatch(value)
        return _instead(text, node, value if plain else quoted(value))
    return with_value(text, path, quoted(value))


def with_words(text: str, path: Path_, words: Sequence[str]) -> str:
    """The file with another list of words at `path`, on one line."""
    return with_value(text, path, f"[{', '.join(quoted(word) for word in words)}]")


def with_value(text: str, path: Path_, written: str) -> str:
    """The file with `written` (YAML of one line) at `path`, in the place of what stood there, or as a new key."""
    node = node_at(text, path)
    if node is not None:
        return _instead(text, node, written)
    around, key = node_at(text, path[:-1]), path[-1]
    if isinstance(around, yaml.MappingNode) and around.value:
        return add_key(text, around, f"{key}: {written}")
    return with_value(text, path[:-1], f"{{{key}: {written}}}") if path[:-1] else ended(text) + f"{key}: {written}\n"


def _instead(text: str, node: yaml.Node, written: str) -> str:
    begins, ends = node.start_mark.index, node.end_mark.index
    if begins == ends:  # nothing stood behind the colon
        return f"{text[:begins]} {written}{text[begins:]}"
    return text[:begins] + written + text[after(text, node) :]


def with_item(text: str, path: Path_, written: str) -> str:
    """The file with one more item (YAML of one line) in the list at `path`, which is made where there is none."""
    node = node_at(text, path)
    if isinstance(node, yaml.SequenceNode) and node.value:
        return append(text, node, written)
    return with_value(text, path, f"[{written}]")


def without(text: str, path: Path_) -> str:
    """The file without the key or item at `path`; a list that would be empty goes with its key."""
    around = node_at(text, path[:-1])
    if isinstance(around, yaml.SequenceNode) and isinstance(path[-1], int):
        items = cast("list[yaml.Node]", around.value)
        if path[-1] >= len(items):
            return text
        if len(items) == 1:
            return without(text, path[:-1])
        item = items[path[-1]]
        if around.flow_style:
            return _cut_flow(text, item.start_mark.index, after(text, item))
        begins = text.rindex("-", 0, item.start_mark.index)
        return _cut_lines(text, begins, after(text, item))
    if isinstance(around, yaml.MappingNode):
        pair = next(((name, value) for name, value in _pairs(around) if name.value == path[-1]), None)
        if pair is None:
            return text
        begins, ends = pair[0].start_mark.index, after(text, pair[1])
        return _cut_flow(text, begins, ends) if around.flow_style else _cut_lines(text, begins, ends)
    return text


def _cut_flow(text: str, begins: int, ends: int) -> str:
    """One entry of {…} or […], with the comma that set it apart."""
    later = re.match(r"\s*,\s*", text[ends:])
    if later:
        return text[:begins] + text[ends + later.end() :]
    return re.sub(r",\s*$", "", text[:begins]) + text[ends:]


def _cut_lines(text: str, begins: int, ends: int) -> str:
    """Whole lines, with what is said behind the last one; a key that opens an item's own line leaves the dash there."""
    start = text.rfind("\n", 0, begins) + 1
    end = text.find("\n", ends)
    end = len(text) if end < 0 else end + 1
    if text[start:begins].strip():
        indent = " " * (begins - start)
        return text[:begins] + text[end:].removeprefix(indent)
    return text[:start] + text[end:]


def append(text: str, node: yaml.SequenceNode, written: str) -> str:
    """One more item, in the style of a list that has some."""
    at = after(text, cast("list[yaml.Node]", node.value)[-1])
    if node.flow_style:
        return f"{text[:at]}, {written}{text[at:]}"
    return _line_after(text, at, f"{' ' * node.start_mark.column}- {written}")


def add_key(text: str, node: yaml.MappingNode, line: str) -> str:
    """One more key at the end of a mapping that has some."""
    at = after(text, _pairs(node)[-1][1])
    if node.flow_style:
        return f"{text[:at]}, {line}{text[at:]}"
    return _line_after(text, at, " " * node.start_mark.column + line)


def _line_after(text: str, at: int, line: str) -> str:
    """A line below the one that ends at `at`; what that one says behind a # stays with it."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    if text[at:end].strip().startswith("#"):
        at = end
    return f"{text[:at]}\n{line}{text[at:]}"


def after(text: str, node: yaml.Node) -> int:
    """Where a node's own text ends: block nodes are marked up to what follows them, blank lines and comments too."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = cast("list[object]", node.value)[-1]
        return after(text, cast("yaml.Node", last[1] if isinstance(last, tuple) else last))
    end = node.end_mark.index
    return len(text[:end].rstrip()) if isinstance(node, yaml.ScalarNode) else end


def ended(text: str) -> str:
    """With a line's end at its end."""
    return text if text.endswith("\n") else text + "\n"


def quoted(value: str) -> str:
    """A text as YAML takes it on one line (JSON's quotes are YAML's double ones)."""
    return json.dumps(value, ensure_ascii=False)
