"""Prefix reuse, sharing and eviction, without a model."""

from hypothesis import given
from hypothesis import strategies as st

from llm.sequences import Held, Sequences, common

SYSTEM = [1, 2, 3, 4]


def read(sequences: Sequences, slot: str, tokens: list[int], head: int = 4) -> Held:
    """Place a prompt, read it wholly, and let it rest."""
    place = sequences.place(slot, tokens, head)
    assert place
    place.held.tokens[:] = tokens
    sequences.rest(place.held)
    return place.held


@given(st.lists(st.integers(0, 2)), st.lists(st.integers(0, 2)))
def test_the_common_prefix_is_common_and_longest(a: list[int], b: list[int]) -> None:
    n = common(a, b)
    assert a[:n] == b[:n]
    assert n == min(len(a), len(b)) or a[n] != b[n]


def test_a_call_goes_on_in_its_own_sequence() -> None:
    sequences = Sequences(4)
    held = read(sequences, "a", [*SYSTEM, 5, 6])
    place = sequences.place("a", [*SYSTEM, 5, 6, 7, 8], 4)
    assert place
    assert (place.held, place.keep, place.source) == (held, 6, None)


def test_a_prompt_already_read_keeps_its_last_token_to_read() -> None:
    sequences = Sequences(4)
    read(sequences, "a", [*SYSTEM, 5])
    place = sequences.place("a", [*SYSTEM, 5], 4)
    assert place
    assert place.keep == 4


def test_another_call_shares_only_the_common_beginning() -> None:
    sequences = Sequences(4)
    held = read(sequences, "a", [*SYSTEM, 5, 6])
    place = sequences.place("b", [*SYSTEM, 7, 8], 4)
    assert place
    assert place.source is held
    assert place.keep == 4
    assert place.held is not held
    assert place.held.tokens == SYSTEM


def test_a_call_with_two_prompts_keeps_both() -> None:
    sequences = Sequences(4)
    first = read(sequences, "a", [*SYSTEM, 5, 6, 7, 8])
    read(sequences, "a", [9, 9, 9, 9, 9])
    place = sequences.place("a", [*SYSTEM, 5, 6, 7, 8, 1], 4)
    assert place
    assert place.held is first
    assert place.keep == 8


def test_a_released_call_leaves_only_its_system_prompt() -> None:
    sequences = Sequences(4)
    held = read(sequences, "a", [*SYSTEM, 5, 6])
    assert sequences.release("a") == ([], [held])
    assert (held.tokens, held.slot) == (SYSTEM, "")


def test_a_system_prompt_is_left_behind_once() -> None:
    sequences = Sequences(4)
    first = read(sequences, "a", [*SYSTEM, 5])
    second = read(sequences, "b", [*SYSTEM, 6])
    assert sequences.release("a") == ([first], [])
    assert sequences.release("b") == ([], [second])


def test_the_sequence_unused_for_longest_makes_room() -> None:
    sequences = Sequences(2)
    old = read(sequences, "a", [1, 1, 1])
    new = read(sequences, "b", [2, 2, 2])
    place = sequences.place("c", [3, 3, 3], 0)
    assert place
    assert place.held.sequence == old.sequence
    assert new in sequences.held


def test_a_busy_sequence_is_neither_evicted_nor_overwritten() -> None:
    sequences = Sequences(1)
    place = sequences.place("a", SYSTEM, 4)
    assert place
    assert sequences.place("a", SYSTEM, 4) is None
    assert sequences.evict() is None
