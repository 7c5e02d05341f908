"""Sentences that ask for the same, put together. Pure: vectors in, groups out."""

from __future__ import annotations

from collections.abc import Sequence

from agents.meaning.encoder import Vectors

ALIKE = 0.85
"""Two sentences so like one another ask for the same, more often than not."""


def grouped(vectors: Vectors, *, alike: float = ALIKE) -> list[list[int]]:
    """Positions of the sentences of each group, the largest group first; each sentence joins the likest group's first.

    `vectors`: unit vectors (n, size), in an order that the groups keep.
    """
    groups: list[list[int]] = []
    for at in range(len(vectors)):
        likeness = [float(vectors[at] @ vectors[group[0]]) for group in groups]
        best = max(range(len(groups)), key=likeness.__getitem__, default=-1)
        if best >= 0 and likeness[best] >= alike:
            groups[best].append(at)
        else:
            groups.append([at])
    return sorted(groups, key=len, reverse=True)


def texts(sentences: Sequence[str], group: Sequence[int]) -> list[str]:
    """A group's sentences, each once."""
    return list(dict.fromkeys(sentences[at] for at in group))
