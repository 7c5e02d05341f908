"""The pure chain, under any single tampering that does not recompute it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.chain import GENESIS, Anchor, Row, canonical, check, link

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda leaf: st.lists(leaf) | st.dictionaries(st.text(), leaf),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(st.text(), JSON, max_size=3), min_size=1, max_size=8)


def chain(facts: list[dict[str, object]]) -> list[Row]:
    rows, last = [], GENESIS
    for seq, fact in enumerate(facts, 1):
        record = canonical(fact)
        rows.append(Row(seq, record, last, link(last, seq, record)))
        last = rows[-1].hash
    return rows


def faults(rows: list[Row], made: list[Row]) -> list[str]:
    end = Anchor(made[-1].seq, made[-1].hash)
    return [fault.kind for fault in check(rows, head=lambda: end)]


@given(RECORDS)
def test_what_was_written_is_intact(facts: list[dict[str, object]]) -> None:
    rows = chain(facts)
    assert faults(rows, rows) == []


@given(RECORDS, st.data())
def test_any_changed_record_is_found(facts: list[dict[str, object]], data: st.DataObject) -> None:
    rows = chain(facts)
    n = data.draw(st.integers(0, len(rows) - 1))
    changed = [*rows[:n], replace(rows[n], record=rows[n].record + " "), *rows[n + 1 :]]
    assert "changed" in faults(changed, rows)


@given(RECORDS, st.data())
def test_any_removed_row_is_found(facts: list[dict[str, object]], data: st.DataObject) -> None:
    rows = chain(facts)
    n = data.draw(st.integers(0, len(rows) - 1))
    assert faults(rows[:n] + rows[n + 1 :], rows) != []


@given(RECORDS.filter(lambda facts: len(facts) > 1), st.data())
def test_any_two_rows_swapped_are_found(facts: list[dict[str, object]], data: st.DataObject) -> None:
    rows = chain(facts)
    n = data.draw(st.integers(0, len(rows) - 2))
    a, b = rows[n], rows[n + 1]
    swapped = [*rows[:n], replace(b, seq=a.seq), replace(a, seq=b.seq), *rows[n + 2 :]]
    assert "changed" in faults(swapped, rows)


@given(st.dictionaries(st.text(), JSON))
def test_canonical_json_does_not_depend_on_the_order_of_keys(facts: dict[str, object]) -> None:
    assert canonical(facts) == canonical(dict(reversed(facts.items())))


def test_the_same_instant_has_one_spelling_in_every_zone() -> None:
    at = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
    assert canonical({"at": at}) == canonical({"at": at.astimezone(timezone(timedelta(hours=4)))})


def test_the_canonical_form_is_fixed_for_ever() -> None:
    facts = {"b": [1, True, None], "a": "é\n", "id": UUID(int=1), "at": datetime(2026, 1, 1, tzinfo=UTC)}
    assert canonical(facts) == (
        '{"a":"é\\n","at":"2026-01-01T00:00:00.000000+00:00","b":[1,true,null],'
        '"id":"00000000-0000-0000-0000-000000000001"}'
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), datetime(2026, 1, 1)])  # noqa: DTZ001
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON|time zone"):
        canonical({"value": value})
