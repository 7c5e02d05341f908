"""A call's two sides: who is the client's and who the person, whichever of them calls."""

from __future__ import annotations

import pytest

from store.base.parties import DIRECTIONS, Direction, Parties, far_party

OURS, THEIRS = "+33162001234", "+33639980001"


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("far", [THEIRS, ""])
def test_what_a_row_tells_is_what_it_was_made_of(direction: Direction, far: str) -> None:
    parties = Parties(direction, OURS, far)
    assert Parties.of(**parties.columns) == parties
    assert far_party(direction, parties.caller, parties.callee) == far


def test_who_calls_us_is_the_far_party_and_whom_we_call_too() -> None:
    assert Parties.of("inbound", THEIRS, OURS) == Parties("inbound", ours=OURS, far=THEIRS)
    assert Parties.of("outbound", OURS, THEIRS) == Parties("outbound", ours=OURS, far=THEIRS)


def test_a_withheld_number_is_nobodys_and_ours_is_kept() -> None:
    hidden = Parties("inbound", ours=OURS, far="")
    assert (hidden.caller, hidden.callee, hidden.inbound, hidden.outbound) == ("", OURS, True, False)
