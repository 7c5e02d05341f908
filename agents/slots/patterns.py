"""The forms a client may give for a value: a small part of regular expressions, matched in linear time. Pure.

A file is written by a client, and what it is matched with is said by a caller: no pattern may take longer than its
text. So nothing goes back: letters and digits, `\\d` `\\w` `.`, `[A-Z0-9]`, `(a|b)`, `?` `*` `+` `{2}` `{2,4}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from string import ascii_letters, digits

from store.base.errors import BadInput

MOST_STATES = 400
"""A pattern that needs more is refused: `{1,200}` within `{1,200}`."""
_ANY = frozenset(chr(c) for c in range(32, 0x250))
_CLASSES = {"d": frozenset(digits), "w": frozenset(ascii_letters + digits + "_"), "s": frozenset(" ")}
_SPECIAL = "\\.[](){}|?*+^$"


class PatternError(BadInput):
    """The pattern cannot be read; the message says where and why."""

    code = "pattern"


@dataclass(slots=True)
class _State:
    """Takes one of `chars` to `then`; without chars it only leads to `also`."""

    chars: frozenset[str] = frozenset()
    then: int = -1
    also: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern read into states; capitals and small letters are alike."""

    states: tuple[_State, ...]
    start: int
    end: int

    @staticmethod
    @lru_cache(maxsize=256)
    def read(text: str) -> Pattern:
        """Read a pattern. Raises PatternError."""
        reader = _Reader(text)
        start, end = reader.alternatives()
        if reader.at < len(text):
            raise PatternError(f"'{text[reader.at]}' at character {reader.at + 1} closes nothing")
        return Pattern(tuple(reader.states), start, end)

    def takes(self, value: str) -> bool:
        """The whole of `value` is of this form."""
        return self.end in self._after(value)

    def begins(self, value: str) -> bool:
        """More may make `value` one of this form."""
        return bool(self._after(value))

    def _after(self, value: str) -> frozenset[int]:
        now = self._closed(frozenset({self.start}))
        for char in value:
            both = {char, char.lower(), char.upper()}
            now = self._closed(frozenset(s.then for i in now if (s := self.states[i]).chars & both))
            if not now:
                break
        return now

    def _closed(self, now: frozenset[int]) -> frozenset[int]:
        todo, seen = list(now), set(now)
        while todo:
            for state in self.states[todo.pop()].also:
                if state not in seen:
                    seen.add(state)
                    todo.append(state)
        return frozenset(seen)


class _Reader:
    """Thompson's construction (1968), one piece of the text after the other."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.states: list[_State] = []

    def alternatives(self) -> tuple[int, int]:
        """`a|b|c`, up to a closing bracket or the end."""
        ways = [self._sequence()]
        while self._next() == "|":
            self.at += 1
            ways.append(self._sequence())
        end = self._new()
        for _, last in ways:
            self._lead(last, end)
        return self._new(*(first for first, _ in ways)), end

    def _sequence(self) -> tuple[int, int]:
        first = last = self._new()
        while self._next() not in ("", "|", ")"):
            begin, end = self._repeated()
            self._lead(last, begin)
            last = end
        return first, last

    def _repeated(self) -> tuple[int, int]:
        before = self.at
        made = self._atom()
        low, high = self._count()
        if (low, high) == (1, 1):
            return made
        after = self.at
        parts = [made, *(self._again(before) for _ in range(max(low, high or 1, 1) - 1))]
        self.at = after
        return self._chained(parts, low, high)

    def _again(self, at: int) -> tuple[int, int]:
        self.at = at
        return self._atom()

    def _chained(self, parts: list[tuple[int, int]], low: int, high: int | None) -> tuple[int, int]:
        """The copies one after the other, those beyond `low` to be left out; the last of all again and again."""
        first, end = self._new(), self._new()
        last = first
        for number, (begin, stop) in enumerate(parts):
            if number >= low:
                self._lead(last, end)
            self._lead(last, begin)
            last = stop
        self._lead(last, end)
        if high is None:
            self._lead(parts[-1][1], parts[-1][0])
        return first, end

    def _count(self) -> tuple[int, int | None]:
        """(at least, at most; None: any number) of what was just read."""
        sign = self._next()
        if sign in ("?", "*", "+"):
            self.at += 1
            return {"?": (0, 1), "*": (0, None), "+": (1, None)}[sign]
        if sign != "{":
            return 1, 1
        close = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : max(close, self.at + 1)].partition(",")
        if close < 0 or not low.isdecimal() or (high and not high.isdecimal()):
            raise PatternError(f"'{{' at character {self.at + 1} is no count: write {{3}} or {{2,4}}")
        self.at = close + 1
        most = int(high) if high else None if comma else int(low)
        if int(low) > 60 or (most is not None and not int(low) <= most <= 60) or most == 0:
            raise PatternError(f"the count {{{low}{comma}{high}}} is not between 1 and 60, the least first")
        return int(low), most

    def _atom(self) -> tuple[int, int]:
        sign, at = self._next(), self.at
        self.at += 1
        if sign == "(":
            self.at += 2 if self.text.startswith("?:", self.at) else 0
            made = self.alternatives()
            if self._next() != ")":
                raise PatternError(f"'(' at character {at + 1} is not closed")
            self.at += 1
            return made
        if sign == "[":
            return self._taking(self._set())
        if sign == "\\":
            return self._taking(self._escaped())
        if sign in "^$" and sign:
            raise PatternError(f"'{sign}' at character {at + 1} is not needed: the whole value is matched")
        if sign in "?*+{}])":
            raise PatternError(f"'{sign}' at character {at + 1} follows nothing; write \\{sign} for the sign itself")
        return self._taking(_ANY if sign == "." else frozenset(sign))

    def _set(self) -> frozenset[str]:
        close = self.text.find("]", self.at)
        inside = self.text[self.at : close] if close >= 0 else ""
        if not inside or inside[0] == "^":
            raise PatternError(f"'[' at character {self.at} holds no list of characters: write [A-Z0-9]")
        chars, at = set[str](), 0
        while at < len(inside):
            if inside[at] == "\\" and at + 1 < len(inside):
                chars |= _CLASSES.get(inside[at + 1], frozenset(inside[at + 1]))
                at += 2
            elif inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
                if inside[at] > inside[at + 2]:
                    raise PatternError(f"'{inside[at : at + 3]}' goes backwards")
                chars |= {chr(c) for c in range(ord(inside[at]), min(ord(inside[at + 2]), 0x24F) + 1)}
                at += 3
            else:
                chars.add(inside[at])
                at += 1
        self.at = close + 1
        return frozenset(chars)

    def _escaped(self) -> frozenset[str]:
        char = self._next()
        self.at += 1
        if char in _CLASSES:
            return _CLASSES[char]
        if not char or (char not in _SPECIAL and char.isalnum()):
            raise PatternError(f"'\\{char}' at character {self.at - 1} is not known: \\d, \\w, \\s, or a sign")
        return frozenset(char)

    def _taking(self, chars: frozenset[str]) -> tuple[int, int]:
        end = self._new()
        begin = self._new()
        self.states[begin].chars, self.states[begin].then = chars, end
        return begin, end

    def _new(self, *also: int) -> int:
        if len(self.states) >= MOST_STATES:
            raise PatternError("is too long: counts within counts multiply")
        self.states.append(_State(also=also))
        return len(self.states) - 1

    def _lead(self, start: int, end: int) -> None:
        self.states[start].also += (end,)

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]
