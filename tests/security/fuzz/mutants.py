"""Broken inputs from good ones, the same for the same seed: bytes and lines moved about, what parsers fear put in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

FEARED = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", "\u202e\u2028".encode(), b"\r", b"\x1b[2J", b"'", b'"', b'""',
    b"{" * 400, b"[" * 400, b"- " * 300,
    b"&a [*a, *a]", b"<<: *a", b"!!python/object/apply:os.system [id]", b"!!binary x",
    b"9" * 400, b"-1", b"1e400", b"NaN", b"Infinity", b"0x7fffffffffffffff", b"99999-12-31T25:61:61+99:99",
    b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-12:00", b"{a.b[0]!r}", b"%s%n", b"${x}", b"\\u0000", b"\\ud800",
    b"=1+1", b";;;;", b",,,,", b"\t", b"true", b"null", b"~", b"[]", b"{}", b"a" * 5000, "é".encode("latin-1"),
)  # fmt: skip

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**400, 1.5, float("inf"), float("nan"), "", "\0", "\ud800", "x" * 3000, [], {}, [[]],
    {"id": None}, [None], "2026-13-45T99:99:99+0000", "2026-11-22T22:05:00.123+0000",
    "9999-12-31T23:59:59.999-1200", "+33",
    "💥",
)  # fmt: skip


def bent(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, changed in one to four places."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 4)):
        rng.choice(_WAYS)(rng, data, seeds)
    return bytes(data)


def _at(rng: Random, data: bytearray) -> int:
    return rng.randint(0, len(data))


def _put(rng: Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = _at(rng, data)
    data[at:at] = rng.choice(FEARED)


def _replace(rng: Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = _at(rng, data)
    data[at : at + rng.randint(1, 12)] = rng.choice(FEARED)


def _flip(rng: Random, data: bytearray, _: Sequence[bytes]) -> None:
    for _n in range(rng.randint(1, 4)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)


def _cut(rng: Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = _at(rng, data)
    del data[at : at + rng.randint(1, 200)]


def _end(rng: Random, data: bytearray, _: Sequence[bytes]) -> None:
    del data[_at(rng, data) :]


def _again(rng: Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = _at(rng, data)
    data[at:at] = data[at : at + rng.randint(1, 60)] * rng.randint(1, 20)


def _lines(rng: Random, data: bytearray, _: Sequence[bytes]) -> None:
    lines = bytes(data).split(b"\n")
    here, there = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[here], lines[there] = lines[there], lines[here]
    data[:] = b"\n".join(lines)


def _spliced(rng: Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    other = rng.choice(seeds)
    data[_at(rng, data) :] = other[rng.randint(0, len(other)) :]


_WAYS: tuple[Callable[[Random, bytearray, Sequence[bytes]], None], ...] = (
    _put, _replace, _replace, _flip, _cut, _end, _again, _lines, _spliced,
)  # fmt: skip


def bent_json(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """As `bent`, but mostly JSON still: values of other types, names that are missing or strange."""
    if rng.random() < 0.25:
        return bent(rng, seeds)
    value = json.loads(rng.choice(seeds))
    for _ in range(rng.randint(1, 3)):
        value = _changed(rng, value)
    return json.dumps(value).encode()


def _changed(rng: Random, value: Any) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.85:
        name = rng.choice(list(value))
        if rng.random() < 0.2:
            return {key: kept for key, kept in value.items() if key != name}
        return {**value, name: _changed(rng, value[name])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        return [*value[:at], _changed(rng, value[at]), *value[at + 1 :]]
    return rng.choice(ODD)
