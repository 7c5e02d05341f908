"""Quiet hours, instants as people type them, mails: pure questions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.support import letters
from portal.support.hours import PARIS
from portal.support.letters import Letter, Reader
from portal.support.maintenance import Window, in_paris
from portal.support.quiet import NOTICE, proposed
from store.base.errors import BadInput

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
BUSY = {(day, hour): 10 for day in range(7) for hour in range(24)}


def window(ended: datetime | None = None) -> Window:
    begins = datetime(2026, 12, 2, 21, 0, tzinfo=UTC)
    return Window(UUID(int=1), begins, begins + timedelta(hours=2), "Mise à jour", "Update", "cli:x", NOW, ended)


def test_the_hours_with_the_fewest_calls_are_proposed() -> None:
    quiet = BUSY | {(2, 23): 1, (3, 0): 1}
    first = proposed(quiet, 2, NOW)[0]
    assert first.begins_at.astimezone(PARIS).strftime("%A %H:%M") == "Wednesday 23:00"
    assert (first.calls, first.ends_at - first.begins_at) == (2, timedelta(hours=2))


def test_without_any_call_it_is_three_in_the_morning() -> None:
    assert [slot.begins_at.astimezone(PARIS).hour for slot in proposed({}, 1, NOW)] == [3, 3, 3]


@given(
    st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    st.integers(1, 24),
    st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 23)), st.integers(0, 99)),
)
def test_proposals_are_told_in_time_do_not_overlap_and_last_as_asked(
    now: datetime, hours: int, calls: dict[tuple[int, int], int]
) -> None:
    slots = proposed(calls, hours, now)
    assert slots
    assert [slot.calls for slot in slots] == sorted(slot.calls for slot in slots)
    for slot in slots:
        assert slot.begins_at >= now + NOTICE
        assert slot.ends_at - slot.begins_at == timedelta(hours=hours)
    ordered = sorted(slots, key=lambda slot: slot.begins_at)
    assert all(one.ends_at <= other.begins_at for one, other in pairwise(ordered))


def test_a_local_instant_is_read_in_paris() -> None:
    assert in_paris("2026-12-02 22:00") == in_paris("2026-12-02T22:00") == datetime(2026, 12, 2, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "demain", "2026-13-01 10:00", "2027-03-28 02:30"])
def test_an_instant_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        in_paris(text)


def test_a_window_says_where_it_stands() -> None:
    begins = window().begins_at
    assert window().state(NOW) == "planned"
    assert window().state(begins) == "now"
    assert window().state(begins + timedelta(hours=2)) == "over"
    assert window(NOW).state(NOW) == "cancelled"
    assert window(begins + timedelta(hours=1)).state(begins + timedelta(hours=1)) == "over"


def test_a_mail_tells_the_reader_in_their_own_time() -> None:
    reader = Reader("maire@mairie.fr", "", "Indian/Reunion")
    text = letters.announced(window(), "planned", reader, "x").get_content()
    assert "jeudi 3 décembre 2026 à 1\u00a0h\u00a000" in text
    assert "Update" in text
    assert "n'aura pas lieu" in letters.announced(window(), "cancelled", reader, "x").get_content()


def test_the_operator_is_told_the_command_and_the_client_the_page() -> None:
    to_client = Letter(12, "Sujet\nX", "Réponse", "minor", "answered", False, "Cabinet", "claire@cabinet.fr", "Claire")
    mail = letters.written(to_client, "claire@cabinet.fr", "https://portail.fr/", "name")
    assert "https://portail.fr/support/12" in mail.get_content()
    assert "\n" not in mail["Subject"]
    to_operator = Letter(12, "Sujet", "x" * 9000, "blocking", "open", True, "Cabinet", "", "")
    mail = letters.written(to_operator, "support@op.fr", "https://portail.fr", "name")
    assert "decroche ticket show 12" in mail.get_content()
    assert "bloquant" in mail["Subject"]
    assert "[…]" in mail.get_content()
