"""So many calls at once and a second: in all, of a client, from a caller; those in progress are not asked."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from ari_app.desk.admission import Bounds, Going, refusal

ACME, OTHER = uuid4(), uuid4()
BOUNDS = Bounds(at_once=5, of_a_client=3, from_a_caller=2, a_second=4)


def going(*calls: tuple[UUID, str]) -> list[Going]:
    return [Going(tenant, caller) for tenant, caller in calls]


def test_a_call_with_room_is_taken() -> None:
    assert refusal(BOUNDS, going((ACME, "1"), (ACME, "2")), [0.0], Going(ACME, "3"), 5.0) == ""


def test_a_client_has_so_many_and_the_others_still_theirs() -> None:
    busy = going((ACME, "1"), (ACME, "2"), (ACME, "3"))
    assert "of this client" in refusal(BOUNDS, busy, [], Going(ACME, "4"), 5.0)
    assert refusal(BOUNDS, busy, [], Going(OTHER, "4"), 5.0) == ""


def test_a_caller_has_so_many_over_all_clients() -> None:
    assert "from this caller" in refusal(BOUNDS, going((ACME, "1"), (OTHER, "1")), [], Going(OTHER, "1"), 5.0)


def test_hidden_callers_are_counted_with_nobody() -> None:
    assert refusal(BOUNDS, going((ACME, ""), (OTHER, "")), [], Going(OTHER, ""), 5.0) == ""


def test_the_machine_has_so_many() -> None:
    full = going((ACME, "1"), (ACME, "2"), (OTHER, "3"), (OTHER, "4"), (uuid4(), "5"))
    assert "in progress" in refusal(BOUNDS, full, [], Going(uuid4(), "6"), 5.0)


@pytest.mark.parametrize(("now", "taken"), [(1.0, False), (1.3, True)])
def test_a_burst_is_held_to_so_many_a_second(now: float, taken: bool) -> None:
    began = [0.1, 0.2, 0.3, 0.4]
    assert (refusal(BOUNDS, [], began, Going(ACME, "1"), now) == "") is taken


def test_nothing_is_bounded_where_the_bounds_are_nothing() -> None:
    none = Bounds(0, 0, 0, 0)
    assert refusal(none, going(*[(ACME, "1")] * 50), [0.0] * 50, Going(ACME, "1"), 0.5) == ""
