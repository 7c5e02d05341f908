"""The service's log names a trunk when it is lost and when it is back, once each."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import cast

import pytest

from ari_app.desk import trunks
from ari_app.desk.trunks import TrunkKeeper
from ari_app.switch.scripted import ScriptedSwitch
from store.db import Database
from store.trunks.checking import Trunk


class Losing(ScriptedSwitch):
    """A switch whose trunks are lost as a test says."""

    lost: Mapping[str, str] = {}

    async def lost_trunks(self) -> Mapping[str, str]:
        return self.lost


class Keeper(TrunkKeeper):
    """Whose rows need no database."""

    def _wanted(self) -> list[Trunk]:
        return [Trunk("ovh", "sip.example.fr")]


async def test_a_trunk_is_told_when_it_is_lost_and_when_it_is_back(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trunks, "LOOK_SECONDS", 0.0)
    switch = Losing()
    keeper = Keeper(cast("Database", None), switch)
    caplog.set_level(logging.WARNING)
    await keeper.look()  # nothing was told yet: nothing can be lost
    await keeper.keep()
    await keeper.keep()
    assert switch.done == [("use_trunks", "ovh")]
    for lost in ({}, {"ovh": "not registered (Rejected)"}, {"ovh": "not registered (Rejected)"}, {}):
        switch.lost = lost
        await keeper.look()
    assert [record.message for record in caplog.records] == [
        "the trunk ovh is lost: not registered (Rejected)", "the trunk ovh is back",
    ]  # fmt: skip
