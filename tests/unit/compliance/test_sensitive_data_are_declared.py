"""Sensitive data (contract, 6.2 f): what was said, the oldest first, decides whether an agent may go live."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from compliance.people.declarations import AgreementMissing, Declaration, DeclarationMissing, Said, needed, standing

AT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ([], "missing"),
        (["agreed"], "missing"),
        (["unasked"], "unasked"),
        (["none"], "none"),
        (["sensitive"], "waits"),
        (["unasked", "sensitive"], "waits"),
        (["none", "sensitive"], "waits"),
        (["sensitive", "none"], "none"),
        (["sensitive", "agreed"], "agreed"),
        (["agreed", "sensitive"], "agreed"),
        (["sensitive", "agreed", "refused"], "waits"),
        (["sensitive", "refused", "agreed"], "agreed"),
        (["sensitive", "agreed", "none", "sensitive"], "agreed"),
    ],
)
def test_the_last_word_of_each_side_counts(said: list[Said], word: str) -> None:
    of = standing([Declaration(one, "devis 7", "cli:test", AT) for one in said])
    assert of.word == word
    if word == "missing":
        with pytest.raises(DeclarationMissing) as missing:
            needed(of)
        assert "decroche privacy declare" in missing.value.hint
    elif word == "waits":
        with pytest.raises(AgreementMissing) as waits:
            needed(of)
        assert "decroche privacy agree" in waits.value.hint
    else:
        needed(of)
