"""Logits to tokens."""

import numpy as np

from llm.sampling import ranking

LOGITS = np.array([0.0, 3.0, 1.0, 2.0, -9.0], dtype=np.float32)


def order(temperature: float, seed: int = 0) -> list[int]:
    *_, last = ranking(LOGITS, temperature=temperature, dice=np.random.default_rng(seed))
    return last.tolist()


def test_without_temperature_tokens_come_by_falling_likelihood() -> None:
    assert order(0) == [1, 3, 2, 0, 4]


def test_with_temperature_tokens_come_as_often_as_they_are_likely() -> None:
    firsts = [order(1.0, seed)[0] for seed in range(2000)]
    share = np.exp(LOGITS[:4]) / np.exp(LOGITS[:4]).sum()
    share[0] = 0  # under min-p: e^-3 of the likeliest
    seen = np.bincount(firsts, minlength=5) / 2000
    assert np.abs(seen[:4] - share / share.sum()).max() < 0.04


def test_a_very_unlikely_token_is_never_drawn_first() -> None:
    assert all(order(1.0, seed)[0] != 4 for seed in range(500))


def test_every_token_is_tried_in_the_end() -> None:
    assert sorted(order(1.0)) == [0, 1, 2, 3, 4]
