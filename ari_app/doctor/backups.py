"""What the doctor sees of backups: whether one was taken lately, and one restored and found right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from store.backups import shelf
from store.base.findings import Finding, ok, warn
from store.base.settings import Settings

OLD, UNVERIFIED = timedelta(days=2), timedelta(days=8)


def backups(of: Settings, now: datetime) -> Iterator[Finding]:
    """One finding on the last backup, one on the last verification."""
    folder = shelf.folder_of(of)
    found = shelf.listed(folder)
    take = "decroche backup run" if of.backup.recipient else "set backup.recipient (docs/operating.md), then backup run"
    if not found:
        yield warn("backup", f"none in {folder}", take)
        return
    last = found[-1]
    told = f"{last.name}, {last.bytes / 1e6:.1f} MB"
    if now - last.made_at > OLD:
        yield warn("backup", f"the last one is {(now - last.made_at).days} days old: {told}", take)
    elif not last.sealed:
        yield warn("backup", f"it is not encrypted: {told}", "set backup.recipient, then decroche backup run")
    else:
        yield ok("backup", told)
    yield verified(found, now)


def verified(found: list[shelf.Backup], now: datetime) -> Finding:
    """Whether one was restored in the last days, and what was wrong with the last that was."""
    looked = max((each for each in found if each.verified_at), key=lambda each: str(each.verified_at), default=None)
    verify = "decroche backup verify --identity KEY, where the private key is"
    if looked is None or looked.verified_at is None:
        return warn("backup verified", "none was restored and looked at yet", verify)
    if looked.fault:
        return warn(
            "backup verified", f"{looked.name} is not right: {looked.fault}", "decroche backup run, then verify"
        )
    if now - looked.verified_at > UNVERIFIED:
        days = (now - looked.verified_at).days
        return warn("backup verified", f"none for {days} days: {looked.name} was the last", verify)
    return ok("backup verified", f"{looked.name}, on {looked.verified_at:%Y-%m-%d}")
