"""What is shown of a call in progress is what was written down of it, in order; nothing where it cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ari_app.desk.journal import Entry
from ari_app.desk.record import Done, Notes, SpokenTurn
from portal.reading.live import Going, Moment, moments
from store.base.ids import new_id

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)


def test_turns_and_actions_stand_in_order_and_what_was_cut_says_so() -> None:
    notes = Notes(
        [SpokenTurn("agent", "Bonjour, ici le cabinet.", 0, 900, 400, {}, interrupted=True),
         SpokenTurn("caller", "Allô ?", 950, 1400, 0), SpokenTurn("agent", "  ", 1500, 1500, 0)],
        [Done("book", {"phone": "+33612345678"}, {"outcome": "done"}, 1200)],
    )  # fmt: skip
    assert moments(Entry("accueil", 3, "+33162001234", notes).as_json()) == [
        Moment(0, "agent", "Bonjour, ici le cabinet.", cut=True),
        Moment(950, "caller", "Allô ?"),
        Moment(1200, name="book", outcome="done"),
    ]


def test_notes_that_nobody_wrote_or_another_version_wrote_show_nothing() -> None:
    assert moments({}) == ()
    assert moments({"agent": "accueil", "notes": {"turns": [{"said": "x"}]}}) == ()


def test_a_call_lasts_from_its_answer_and_before_that_from_its_first_ring() -> None:
    ringing = Going(new_id(), "inbound", AT, None, "", "+33162001234", "", None)
    assert ringing.far == ""
    assert ringing.seconds(AT + timedelta(seconds=7)) == 7
    talking = Going(new_id(), "outbound", AT, AT + timedelta(seconds=5), "+33162001234", "+33612345678", "accueil", 1)
    assert (talking.far, talking.seconds(AT + timedelta(seconds=65))) == ("+33612345678", 60)
    assert talking.seconds(AT) == 0
