"""A file of cases in, a list of answers out: what `decroche compliance check` does, without printing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, cast

from compliance.cases import BadCase, from_json
from compliance.engine import DEFAULT, Switches, decide

ALL_ALLOWED, SOME_REFUSED, SOME_BAD = 0, 1, 3


def answers(lines: Iterable[bytes], switches: Switches = DEFAULT) -> Iterator[dict[str, Any]]:
    """One answer for each line that is not blank, in order; a bad one says which field and why."""
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if text.strip():
            yield _answer(number, text, switches)


def _answer(number: int, line: bytes, switches: Switches) -> dict[str, Any]:
    try:
        raw: Any = json.loads(line.decode())
    except ValueError as error:  # not UTF-8, or not JSON
        return _error(None, "case", f"line {number}: not a line of JSON ({error})")
    except RecursionError:
        return _error(None, "case", f"line {number}: nested too deep")
    try:
        return decide(from_json(raw), switches).as_json()
    except BadCase as error:
        case_id = cast("dict[str, Any]", raw).get("id") if isinstance(raw, dict) else None
        return _error(case_id, error.field, f"line {number}: {error.reason}")


def _error(case_id: Any, field: str, message: str) -> dict[str, Any]:
    return {"id": _printable(case_id), "error": {"field": _printable(field), "message": message}}


def _printable(value: Any) -> Any:
    """JSON can say halves of characters (\\ud800) that no terminal or file can hold."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def exit_status(found: Iterable[dict[str, Any]]) -> int | None:
    """0 all allowed, 1 some refused, 3 some bad, None: there was no case at all. Consumes `found`."""
    worst: int | None = None
    for answer in found:
        status = SOME_BAD if "error" in answer else ALL_ALLOWED if answer["allowed"] else SOME_REFUSED
        worst = max(status, worst or 0)
    return worst
