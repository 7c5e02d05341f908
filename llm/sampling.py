"""Which token comes next. Pure: logits in, tokens in the order to be tried out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MIN_P = 0.05
"""Tokens less likely than this share of the likeliest one are never drawn (min-p sampling)."""

_FIRST = 64


def ranking(
    logits: NDArray[np.float32], *, temperature: float, dice: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Tokens from the one to take first on, in blocks: the next is tried when a grammar refuses the last.

    At temperature 0 they come by falling likelihood. Otherwise they are drawn without replacement
    (Gumbel top-k), so that the first one a grammar allows is drawn from the allowed ones in
    proportion to their likelihood.
    """
    scores = logits
    if temperature > 0:
        scaled = logits / temperature
        kept = scaled >= scaled.max() + np.log(MIN_P)
        noisy = scaled + dice.gumbel(size=scaled.shape).astype(np.float32)
        scores = np.where(kept, noisy, noisy - 1e6)
    yield np.array([scores.argmax()])
    top = np.argpartition(scores, -_FIRST)[-_FIRST:] if len(scores) > _FIRST else np.arange(len(scores))
    yield top[np.argsort(-scores[top], kind="stable")]
    yield np.argsort(-scores, kind="stable")
