"""A file of cases in, a list of answers out: what `decroche compliance check` does, without printing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from typing import Any, cast

from compliance.law.cases import BadCase, from_json
from compliance.law.engine import DEFAULT, Decision, Switches, decide
from store.base.console import SOME_BAD, to_json

ALL_ALLOWED, SOME_REFUSED = 0, 1
"""Exit statuses; that of a file is its worst answer's."""


def answers(lines: Iterable[bytes], switches: Switches = DEFAULT) -> Iterator[dict[str, Any]]:
    """One answer for each line that is not blank, in order; a bad one says which field and why."""
    for answer in _answers(lines, switches):
        yield answer.as_json() if isinstance(answer, Decision) else answer


def encoded(lines: Iterable[bytes], switches: Switches = DEFAULT) -> Iterator[tuple[str, int]]:
    """The same answers, each as its line of JSON (`to_json` would write the same, slowly) and its exit status."""
    for answer in _answers(lines, switches):
        if isinstance(answer, Decision):
            yield _line(answer), ALL_ALLOWED if answer.allowed else SOME_REFUSED
        else:
            yield to_json(answer), SOME_BAD


def _answers(lines: Iterable[bytes], switches: Switches) -> Iterator[Decision | dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if text.strip():
            yield _answer(number, text, switches)


def _answer(number: int, line: bytes, switches: Switches) -> Decision | dict[str, Any]:
    try:
        raw: Any = _decode(line.decode())
    except ValueError as error:  # not UTF-8, or not JSON
        return _error(None, "case", f"line {number}: not a line of JSON ({error})")
    except RecursionError:
        return _error(None, "case", f"line {number}: nested too deep")
    try:
        return decide(from_json(raw), switches)
    except BadCase as error:
        case_id = cast("dict[str, Any]", raw).get("id") if isinstance(raw, dict) else None
        return _error(case_id, error.field, f"line {number}: {error.reason}")


_decode = json.JSONDecoder().decode


def _line(answer: Decision) -> str:
    later = answer.next_allowed_at
    when = f'"{later.isoformat()}"' if later else "null"
    case_id = "null" if answer.id is None else _quoted(answer.id) if isinstance(answer.id, str) else str(answer.id)
    return f'{{"id": {case_id}, {_grounds(answer.allowed, answer.reasons, answer.law)}, "next_allowed_at": {when}}}'


@lru_cache(maxsize=4096)  # few grounds, in few combinations
def _grounds(allowed: bool, reasons: tuple[str, ...], law: tuple[str, ...]) -> str:
    return to_json({"allowed": allowed, "reasons": reasons, "law": law})[1:-1]


def _error(case_id: Any, field: str, message: str) -> dict[str, Any]:
    return {"id": _printable(case_id), "error": {"field": _printable(field), "message": message}}


def _printable(value: Any) -> Any:
    """JSON can say halves of characters (\\ud800) that no terminal or file can hold."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def status_of(answer: dict[str, Any]) -> int:
    """The exit status one answer asks for."""
    return SOME_BAD if "error" in answer else ALL_ALLOWED if answer["allowed"] else SOME_REFUSED
