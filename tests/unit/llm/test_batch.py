"""Who reads how many tokens in the next step."""

from hypothesis import given
from hypothesis import strategies as st

from llm.batch import ALONE, BESIDE, Work, shares

works = st.lists(
    st.one_of(
        st.builds(Work, st.just("answer"), st.integers(1, 12)),
        st.builds(Work, st.sampled_from(["prompt", "prime"]), st.integers(1, 3000)),
    ),
    max_size=12,
)


@given(works, st.integers(128, 512))
def test_nobody_reads_more_than_it_has_nor_the_step_more_than_its_room(some: list[Work], room: int) -> None:
    given = shares(some, room=room)
    assert sum(given) <= room
    assert all(0 <= n <= work.pending for n, work in zip(given, some, strict=True))


@given(works)
def test_every_step_moves_something_on(some: list[Work]) -> None:
    assert bool(sum(shares(some, room=ALONE))) == bool(some)


@given(works)
def test_every_answer_goes_on_whatever_the_prompts(some: list[Work]) -> None:
    given = shares(some, room=ALONE)
    assert all(n == w.pending for n, w in zip(given, some, strict=True) if w.kind == "answer")


@given(works)
def test_beside_an_answer_prompts_read_little(some: list[Work]) -> None:
    given = shares([Work("answer", 1), *some], room=ALONE)
    assert sum(n for n, w in zip(given[1:], some, strict=True) if w.kind != "answer") <= BESIDE


def test_a_short_prompt_is_read_at_once_beside_a_long_one() -> None:
    assert shares([Work("prompt", 3000), Work("prompt", 20)], room=256) == [236, 20]


def test_reading_ahead_takes_only_what_prompts_leave() -> None:
    assert shares([Work("prime", 500), Work("prompt", 200)], room=256) == [56, 200]
    assert shares([Work("prime", 500), Work("prompt", 900)], room=256) == [0, 256]
