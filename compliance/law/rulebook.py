"""The rules as data: reads `rules/*.toml`, checks them, and says which are in force at an instant.

Dates in the files are Paris dates: a rule begins at 00:00 on `from` and ends at 24:00 on `until`.
A rule without `from` has always applied; one without `until` still does.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from store.base.errors import BadInput

PARIS = ZoneInfo("Europe/Paris")
FOLDER = Path(__file__).parent / "rules"
PARTIES = ("consumer", "business")
PURPOSES = ("canvassing", "contract", "callback", "press", "service")
_KEYS = {"id", "reasons", "from", "until", "reference", "grade", "party", "purposes", "parameters", "fr", "en"}


_TYPES: dict[str, type] = {
    "id": str, "reference": str, "grade": str, "fr": str, "en": str,
    "reasons": list, "party": list, "purposes": list, "parameters": dict,
}  # fmt: skip
_SAID: dict[type, str] = {str: "text", list: "a list", dict: "a table"}


class BadRule(BadInput):
    """A rule file is wrong."""

    code = "bad_rule"


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """One version of one rule. `since` and `ends` are UTC instants (ends exclusive), None: unbounded."""

    id: str
    reasons: tuple[str, ...]
    reference: str
    grade: str
    party: frozenset[str]
    purposes: frozenset[str]
    parameters: Mapping[str, Any]
    fr: str
    en: str
    first: date | None
    last: date | None
    since: datetime | None
    ends: datetime | None

    @property
    def version(self) -> str:
        """Names this version: the rule's id and the date it began."""
        return f"{self.id}@{self.first.isoformat() if self.first else 'always'}"

    def covers(self, party: str, purpose: str) -> bool:
        """Whether the rule is about such calls."""
        return party in self.party and purpose in self.purposes


@dataclass(frozen=True, eq=False, slots=True)
class Rulebook:
    """Every version of every rule, and the instants at which something changes."""

    rules: tuple[Rule, ...]
    changes: tuple[datetime, ...] = field(init=False)
    _spans: tuple[Mapping[str, Rule], ...] = field(init=False)
    _latest: Mapping[str, Rule] = field(init=False)
    _covering: dict[tuple[int, str, str], Mapping[str, Rule]] = field(init=False)

    def __post_init__(self) -> None:
        ends = {i for rule in self.rules for i in (rule.since, rule.ends) if i is not None}
        changes = tuple(sorted(ends))
        before = changes[0] - timedelta(days=1) if changes else datetime(1970, 1, 1, tzinfo=UTC)
        oldest_first = sorted(self.rules, key=lambda rule: rule.first or date.min)
        object.__setattr__(self, "changes", changes)
        object.__setattr__(self, "_covering", {})
        object.__setattr__(self, "_latest", {rule.id: rule for rule in oldest_first})
        object.__setattr__(self, "_spans", tuple(self._in_force(at) for at in (before, *changes)))

    def _in_force(self, at: datetime) -> Mapping[str, Rule]:
        return {
            rule.id: rule
            for rule in self.rules
            if (rule.since is None or rule.since <= at) and (rule.ends is None or at < rule.ends)
        }

    @property
    def consent_years(self) -> int:
        """How long a consent lasts at most, in years (C7)."""
        years: int = self._latest["C7"].parameters["years"]
        return years

    def at(self, instant: datetime) -> Mapping[str, Rule]:
        """The rules in force at an instant, by id."""
        return self._spans[bisect_right(self.changes, instant)]

    def covering(self, instant: datetime, party: str, purpose: str) -> Mapping[str, Rule]:
        """The rules in force at an instant that are about calls of this kind, by id."""
        key = (bisect_right(self.changes, instant), party, purpose)
        found = self._covering.get(key)
        if found is None:
            rules = self._spans[key[0]].items()
            found = {rule_id: rule for rule_id, rule in rules if rule.covers(party, purpose)}
            self._covering[key] = found
        return found

    def latest(self, rule_id: str) -> Rule:
        """The newest version of a rule, in force or not. Raises KeyError for an unknown id."""
        return self._latest[rule_id]

    def began(self, rule: Rule) -> date | None:
        """The first day of a rule: that of its oldest version that gave the same reasons."""
        same = [other for other in self.rules if other.id == rule.id and other.reasons == rule.reasons]
        return min((other.first for other in same if other.first), default=None)

    def next_change(self, instant: datetime) -> datetime | None:
        """The first later instant at which a rule begins or ends."""
        index = bisect_right(self.changes, instant)
        return self.changes[index] if index < len(self.changes) else None


@cache
def rulebook() -> Rulebook:
    """The rules the product ships, read once."""
    return load(sorted(FOLDER.glob("*.toml")))


def load(files: Iterable[Path]) -> Rulebook:
    """Read rule files. Raises BadRule naming the file, the line of the rule and the field."""
    rules: list[tuple[str, Rule]] = []
    for path in files:
        rules += _read(path)
    _no_overlap(rules)
    return Rulebook(tuple(rule for _, rule in rules))


def _read(path: Path) -> list[tuple[str, Rule]]:
    try:
        text = path.read_text(encoding="utf-8")
        raw: list[dict[str, Any]] = tomllib.loads(text).get("rule", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRule(f"{path.name}: {error}") from error
    except OSError as error:
        raise BadRule(f"{path.name}: {error.strerror}") from error
    if not raw:
        raise BadRule(f"{path.name}: there is no [[rule]] in it")
    starts = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == "[[rule]]"]
    rules: list[tuple[str, Rule]] = []
    for index, entry in enumerate(raw):
        where = f"{path.name}, line {starts[index] if index < len(starts) else '?'}"
        rules.append((where, _rule(entry, f"{where}, rule {entry.get('id', '?')}")))
    return rules


def _rule(entry: dict[str, Any], where: str) -> Rule:
    for name in ("id", "reasons", "reference", "grade", "party", "purposes", "fr", "en"):
        if not entry.get(name):
            raise BadRule(f"{where}: field {name} is missing", hint="every rule carries its reference and text")
    for name, kind in _TYPES.items():
        if not isinstance(entry.get(name, kind()), kind):
            raise BadRule(f"{where}: field {name} must be {_SAID[kind]}, not {entry[name]!r}")
    if unknown := sorted(set(entry) - _KEYS):
        raise BadRule(f"{where}: unknown field {unknown[0]}")
    first, last = _day(entry, "from", where), _day(entry, "until", where)
    if first and last and last < first:
        raise BadRule(f"{where}: field until ({last}) is before from ({first})")
    for name, known in (("party", PARTIES), ("purposes", PURPOSES)):
        if wrong := [value for value in entry[name] if value not in known]:
            raise BadRule(f"{where}: field {name}: {wrong[0]!r} is none of {', '.join(known)}")
    return Rule(
        id=entry["id"],
        reasons=tuple(entry["reasons"]),
        reference=entry["reference"],
        grade=entry["grade"],
        party=frozenset(entry["party"]),
        purposes=frozenset(entry["purposes"]),
        parameters=entry.get("parameters", {}),
        fr=entry["fr"],
        en=entry["en"],
        first=first,
        last=last,
        since=_midnight(first) if first else None,
        ends=_midnight(last + timedelta(days=1)) if last else None,
    )


def _day(entry: dict[str, Any], name: str, where: str) -> date | None:
    value = entry.get(name)
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise BadRule(f"{where}: field {name} must be a date such as 2026-08-11")


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=PARIS).astimezone(UTC)


def _no_overlap(rules: list[tuple[str, Rule]]) -> None:
    seen: dict[str, list[tuple[str, Rule]]] = {}
    for where, rule in rules:
        for other_where, other in seen.get(rule.id, []):
            starts_in_time = rule.first is None or other.last is None or rule.first <= other.last
            other_starts_in_time = other.first is None or rule.last is None or other.first <= rule.last
            if starts_in_time and other_starts_in_time:
                raise BadRule(
                    f"{where}: rule {rule.id} overlaps the version at {other_where}",
                    hint="set `until` of the older version to the day before `from` of the newer",
                )
        seen.setdefault(rule.id, []).append((where, rule))
