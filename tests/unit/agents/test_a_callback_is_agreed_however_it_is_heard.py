"""Somebody who is called and wants to be called back tomorrow is, though the ear wrote it in other letters."""

from __future__ import annotations

import pytest

from .conftest import Caller


@pytest.mark.parametrize("heard", [
    "Demain à dix heures.", "de main à dix heures", "Deux mains à dix heures", "Demain à dis heures.", "Demain Adizeur",
    "Demain, à dizeurs.", "demain à 10h",
])  # fmt: skip
async def test_tomorrow_at_ten(heard: str) -> None:
    called = Caller("prospecting.fr.yaml", societe="Garage Morel")
    for said in ("Allô, bonjour.", "Oui, c'est bien ça.", "Oui, je veux bien."):
        await called.says(said)
    assert "mardi 24 novembre à 10 heures" in await called.says(heard)
    assert await called.says("Oui, c'est ça.") == "[callback]"
    assert called.acts[0].args == {"day": "2026-11-24", "time": "10:00", "minutes": "60"}
