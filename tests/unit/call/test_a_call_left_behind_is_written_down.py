"""A call whose process died, as its CDR: what its notes hold, and times by whoever knows them best."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from agents.loading import EXAMPLES, loads
from ari_app.call.owing import owed, since_answer
from ari_app.desk.journal import Entry, cut_short, mark, read
from ari_app.desk.lifecycle import Lifecycle
from ari_app.desk.lost import written
from ari_app.desk.record import Disclosure, Done, Notes, SpokenTurn
from asterisk_conf.record import joined
from store.base.ids import new_id
from store.journal import Left, Past
from store.live import LiveCall

AT = datetime(2026, 11, 26, 10, tzinfo=UTC)
CALL = UUID("019ab0c2-6f2e-7f0a-9d53-6b1f0f7f4c11")


def second(n: float) -> datetime:
    return AT + timedelta(seconds=n)


def notes() -> Notes:
    return Notes(
        [SpokenTurn("agent", "Bonjour.", 0, 1500, 1500), SpokenTurn("caller", "Un rendez-vous.", 2000, 3000, 0),
         SpokenTurn("agent", "Quel jour ?", 4000, 4000, 0)],
        [Done("record", {"allowed": True}, {"outcome": "done"}, 3500)], Disclosure("Je suis une IA.", 1400),
        slots={"jour": "2026-11-27"}, holds=[(1, 2)],
    )  # fmt: skip


def entry() -> Entry:
    return Entry("cabinet", 3, "+33162001234", notes(), {"patient": "Claire"}, new_id(), True, "ovh", {"state": {}})


def left(told: Entry | None, **changes: object) -> Left:
    call = LiveCall(new_id(), CALL, "leg-1", "node", "inbound", AT, second(900), "+33639980100", "+33162001234")
    fields = {"renewed_at": second(20), "answered_at": second(1), "notes": told.as_json() if told else {}} | changes
    return Left(call, **fields)  # type: ignore[arg-type]


def test_what_is_written_is_read_back_as_it_was() -> None:
    one = entry()
    assert read(json.loads(json.dumps(one.as_json()))) == one


@pytest.mark.parametrize("told", [{}, {"notes": {}}, {"notes": 3}, entry().as_json() | {"more": 1}])
def test_what_another_version_wrote_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(told)


def test_its_mark_changes_with_what_is_new() -> None:
    one, other = notes(), notes()
    assert mark(one) == mark(other)
    other.turns[-1].heard_ms = 300
    assert mark(one) != mark(other)


def test_the_cdr_holds_who_talked_what_was_said_and_lasts_to_the_last_sign_of_life() -> None:
    cdr, turns, actions = written(left(entry()), None, None)
    assert (cdr.caller, cdr.callee, cdr.agent, cdr.agent_version) == ("+33639980100", "+33162001234", "cabinet", 3)
    assert (cdr.outcome, cdr.answered_at, cdr.ended_at) == ("lost", second(1), second(20))
    assert [turn.text for turn in turns] == ["Bonjour.", "Un rendez-vous.", "Quel jour ?"]
    assert turns[-1].stages["interrupted"]
    assert [action.name for action in actions] == ["record"]
    assert cdr.slots == {"jour": "2026-11-27"}
    assert cdr.disclosure_heard_ms == 1400


def test_the_switchs_own_record_says_better_when_it_was_over() -> None:
    cdr, *_ = written(left(entry()), Past(AT, second(1.2), second(95)), None)
    assert (cdr.answered_at, cdr.ended_at) == (second(1.2), second(95))


def test_a_call_of_which_nothing_was_written_says_at_least_who_talked() -> None:
    cdr, turns, _ = written(left(None, answered_at=None), None, "+33162001234")
    assert (cdr.caller, cdr.number, cdr.agent, cdr.answered_at, turns) == (
        "+33639980100",
        "+33162001234",
        None,
        None,
        [],
    )


def test_asterisks_lines_of_a_call_are_joined() -> None:
    at = AT.timestamp()
    lines = [
        f'"{CALL}","1.1","{at}","{at + 1.25}","{at + 30}"\n',
        "another,1.2,1,2,3\n",
        f"{CALL},1.1,{at + 30},,{at + 42.5}\n",
        f"{CALL},1.1,nonsense,,\n",
    ]
    assert joined(str(CALL), lines) == Past(AT, second(1.25), second(42.5))
    assert joined(str(new_id()), lines) is None


def test_words_under_way_are_cut_and_those_heard_stay() -> None:
    one = notes()
    cut_short(one, 4700)
    assert (one.turns[-1].interrupted, one.turns[-1].to_ms) == (True, 4000)
    heard = Notes([SpokenTurn("agent", "Bonjour.", 0, 1500, 1500)])
    cut_short(heard, 4700)
    assert not heard.turns[-1].interrupted


def test_what_was_not_heard_of_the_opening_is_owed() -> None:
    agent = loads((EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")).agent
    assert "disclosure" not in owed(notes(), agent)
    assert "disclosure" in owed(Notes(), agent)
    assert "disclosure" in owed(Notes(disclosure=Disclosure("Je suis une IA.")), agent)


def test_the_clock_of_the_call_goes_on() -> None:
    assert since_answer(Lifecycle(AT, second(2)), second(12)) == 10
    assert since_answer(Lifecycle(AT), second(12)) == 0
