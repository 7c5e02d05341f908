"""A backup proves itself on a scratch server, and becomes a home again in which the erased stay erased."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyrage
import pytest

from compliance.people import privacy
from store import calls, recordings, tenants
from store.backups import erasures
from store.base.settings import settings
from store.embedded import EmbeddedServer
from store.setup import open_database
from store.tenants import Tenant
from tests.actors import OPERATOR
from tests.integration.backup.conftest import CALLER, SOUND, House, Left

Away = Callable[[], None]


def test_a_backup_is_found_right_and_the_shelf_says_so(house: House, practice: Tenant) -> None:
    for _ in range(3):
        house.call(practice)
    house.backup()
    checks = {row["what"]: row for row in house.run("backup", "verify", "--identity", house.key, "--json")}
    assert set(checks) == {"archive", "migrations", "counts", "audit chain", "decisions", "invoices", "recordings"}
    assert all(check["ok"] for check in checks.values())
    assert checks["recordings"]["detail"].startswith("3 named")
    [row] = house.run("backup", "list", "--json")
    assert row["verified_at"]
    assert row["fault"] == ""


def test_a_flipped_byte_is_told(house: House, practice: Tenant) -> None:
    house.call(practice)
    path = house.backup()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    said = house.invoke("backup", "verify", path, "--identity", house.key, status=1).output
    assert "is not as it was written" in said
    assert "not as it was written" in house.run("backup", "list", "--json")[0]["fault"]
    house.invoke("backup", "restore", path, "--identity", house.key, "--into", house.home.parent / "new", status=1)
    assert not (house.home.parent / "new").exists()


def test_another_key_is_told_and_is_no_fault_of_the_backup(house: House, practice: Tenant) -> None:
    path = house.backup()
    other = house.key.with_name("other.key")
    other.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    other.chmod(0o600)
    assert "another key" in house.invoke("backup", "verify", path, "--identity", other, status=2).output
    assert "--identity" in house.invoke("backup", "verify", path, status=2).output
    assert house.run("backup", "list", "--json")[0]["fault"] == ""


def test_a_recording_that_is_no_longer_itself_is_told(house: House, practice: Tenant) -> None:
    call = house.call(practice)
    lost = house.call(practice)
    path = next((house.home / "recordings").rglob(f"{call}*"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    next((house.home / "recordings").rglob(f"{lost}*")).unlink()
    house.backup()
    done = house.invoke("backup", "verify", "--identity", house.key, "--json", status=1)
    row = next(r for line in done.stdout.splitlines() if (r := json.loads(line))["what"] == "recordings")
    assert f"{call}.wav.sealed" in row["detail"]
    assert str(lost) not in row["detail"]  # gone before the backup: named by the database, and said to be gone


def test_a_home_in_use_is_refused(house: House, practice: Tenant) -> None:
    path = house.backup()
    said = house.invoke("backup", "restore", path, "--identity", house.key, "--into", house.home, status=1).output
    assert "in use" in said
    assert (house.home / "decroche.toml").exists()


def test_a_restored_home_has_all_and_the_erased_stay_erased(
    house: House, practice: Tenant, townhall: Tenant, leave: Left, embedded: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = house.call(practice, "+33687654321", "Gardez-moi")
    gone = house.call(practice, CALLER, "Effacez-moi")
    elsewhere = house.call(townhall, CALLER, "Autre client")
    leave(practice, "rappeler le 06 12 34 56 78")
    path = house.backup()
    with house.db.operator() as conn:
        privacy.erase(conn, practice.id, CALLER, house.home, datetime.now(UTC), by=OPERATOR)
    ledger = (house.folder / erasures.LEDGER).read_text()
    assert "612345678" not in ledger

    embedded()
    new = house.home.parent / "new"
    [row] = house.run("backup", "restore", path, "--identity", house.key, "--into", new, "--json")
    assert (row["calls"], row["recordings"], row["erased"], row["erased_unknown"]) == (4, 3, 1, 0)
    assert any("erased after" in line for line in row["not_known"])
    assert (new / "decroche.toml").read_text() == (house.home / "decroche.toml").read_text()
    assert (new / "secrets/trunk-ovh").read_text() == (house.home / "secrets/trunk-ovh").read_text()

    monkeypatch.setenv("DECROCHE_HOME", str(new))
    settings.cache_clear()
    try:
        with open_database() as db:
            with db.operator() as conn:
                whose = tenants.get(conn, "dentiste").id
                assert privacy.find(conn, whose, CALLER, new).counts().keys() <= privacy.KEPT.keys()
            with db.tenant(whose) as conn:
                assert calls.get(conn, gone).turns == []
                assert [turn.text for turn in calls.get(conn, kept).turns] == ["Gardez-moi"]
                assert b"".join(recordings.open_sound(conn, kept, settings()).whole()) == SOUND
            with db.tenant(townhall.id) as conn:
                assert [turn.text for turn in calls.get(conn, elsewhere).turns] == ["Autre client"]
        assert not list((new / "recordings").rglob(f"{gone}*"))
        assert house.run("audit", "verify", "--json")
    finally:
        EmbeddedServer(settings()).stop()


def test_what_no_ledger_tells_is_said(house: House, practice: Tenant, embedded: Away) -> None:
    house.call(practice)
    path = house.backup()
    (house.folder / erasures.LEDGER).unlink()
    embedded()
    into = house.home.parent / "new"
    done = house.invoke("backup", "restore", path, "--identity", house.key, "--into", into)
    made = datetime.strptime(path.stem, "decroche-%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert f"people erased after {made:%Y-%m-%d %H:%M:%S} UTC" in done.output
    assert f"DECROCHE_HOME={into}" in done.output


def test_a_restore_that_fails_leaves_nothing(house: House, practice: Tenant, embedded: Away, tmp_path: Path) -> None:
    path = house.backup()
    broken = tmp_path / erasures.LEDGER
    broken.write_text("no json\n")
    embedded()
    into = house.home.parent / "new"
    said = house.invoke(
        "backup", "restore", path, "--identity", house.key, "--into", into, "--erasures", broken, status=2
    ).output
    assert "line 1" in said
    assert not into.exists()
    assert not list(into.parent.glob(".new*"))
