"""Everything is in it, encrypted; a fault or a kill leaves what was there; old ones go."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ari_app.doctor.backups import backups as looked
from store.backups import opening, sealing, shelf
from store.backups.archive import walked
from store.base.settings import settings
from store.tenants import Tenant
from tests.integration.backup.conftest import House


def names_in(house: House, path: Path) -> tuple[list[str], dict[str, object]]:
    names: list[str] = []
    with opening.archive(path, sealing.identities(house.key)) as stream:
        manifest = walked(stream, lambda name, source: names.append(name))
    return names, manifest


def test_everything_a_home_cannot_lose_is_in_it_and_nothing_in_clear(house: House, practice: Tenant) -> None:
    house.call(practice, text="Bonjour, un rendez-vous")
    spool = settings().folder("spool")
    (spool / "waiting.json").write_text('{"cdr": {"recording": null}}')
    (house.home / "audit-anchors.jsonl").write_text('{"seq": 1, "hash": "00"}\n')
    (settings().folder("logs") / "decroche.log").write_text("a line")
    path = house.backup()
    names, manifest = names_in(house, path)
    assert "home/spool/waiting.json" in names
    assert {"home/audit-anchors.jsonl", "home/decroche.toml", "home/secrets/trunk-ovh", "database/000001",
            "home/secrets/recordings-key"} <= set(names)  # fmt: skip
    assert any(name.startswith("home/recordings/dentiste/") for name in names)
    assert not any("logs" in name or "backup" in name for name in names)
    assert names.index("home/audit-anchors.jsonl") < names.index("database/000001")
    assert manifest["counts"]["calls"] == 1  # type: ignore[index]
    assert b"rendez-vous" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    [row] = house.run("backup", "list", "--json")
    assert (row["name"], row["calls"], row["recordings"], row["sealed"]) == (path.name, 1, 1, True)


def test_the_audit_log_says_that_it_was_taken(house: House, practice: Tenant) -> None:
    path = house.backup()
    with house.db.operator() as conn:
        found = conn.execute("SELECT record FROM store.audit ORDER BY seq DESC LIMIT 1").fetchone()
    assert found
    assert '"backup.run"' in found["record"]
    assert path.name in found["record"]


def test_without_a_key_nothing_is_written_unless_in_clear_where_nobody_looks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECROCHE_BACKUP__RECIPIENT", "")
    said = house.invoke("backup", "run", status=1).output
    assert "backup.recipient" in said
    assert not house.folder.exists()
    house.folder.mkdir(mode=0o755)
    assert "open to others" in house.invoke("backup", "run", "--plain", status=2).output
    house.folder.chmod(0o700)
    [row] = house.run("backup", "run", "--plain", "--json")
    assert row["encrypted"] is False
    assert house.run("backup", "list", "--json")[0]["sealed"] is False


def test_a_full_disk_leaves_no_half_file(house: House, practice: Tenant) -> None:
    for _ in range(5):
        house.call(practice)
    first = house.backup()
    before = sorted(house.folder.iterdir())
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit[1]))
    try:
        time.sleep(1.1)  # a backup's name is its second
        said = house.invoke("backup", "run", status=5).output
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert "File too large" in said
    assert sorted(house.folder.iterdir()) == before
    assert names_in(house, first)[0]


def test_a_kill_in_the_middle_leaves_the_earlier_ones(house: House, practice: Tenant) -> None:
    big = settings().folder("recordings", "dentiste", "2026-11") / "big.wav"
    call = house.call(practice, recorded=False)
    with house.db.operator() as conn:
        conn.execute("UPDATE store.calls SET recording = %s WHERE id = %s", (str(big), call))
    os.mkfifo(big)  # the backup waits for what comes through
    earlier = house.folder / "decroche-20200101T000000Z.age"
    house.folder.mkdir(mode=0o700)
    earlier.write_bytes(b"age-encryption.org/v1\n")
    taking = subprocess.Popen([sys.executable, "-m", "ari_app.cli", "backup", "run"], env=os.environ.copy())
    while not list(house.folder.glob(".decroche-*.part")):
        assert taking.poll() is None, "it ended before it was killed"
        time.sleep(0.05)
    taking.send_signal(signal.SIGKILL)
    taking.wait()
    assert [backup.name for backup in shelf.listed(house.folder)] == [earlier.name]
    big.unlink()
    path = house.backup("--keep-all")
    assert not list(house.folder.glob(".decroche-*.part"))
    assert [backup.name for backup in shelf.listed(house.folder)] == [earlier.name, path.name]


def test_two_at_once_take_turns_by_refusal(house: House, practice: Tenant) -> None:
    import fcntl

    house.folder.mkdir(mode=0o700)
    with (house.folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another backup" in house.invoke("backup", "run", status=1).output


def test_calls_that_are_written_meanwhile_are_in_it_whole_or_not_at_all(house: House, practice: Tenant) -> None:
    stop = threading.Event()

    def callers() -> None:
        while not stop.is_set():
            house.call(practice)

    writing = threading.Thread(target=callers)
    writing.start()
    try:
        path = house.backup()
    finally:
        stop.set()
        writing.join()
    names, manifest = names_in(house, path)
    sounds = [name for name in names if name.startswith("home/recordings/")]
    assert len(sounds) == manifest["counts"]["recordings"] == manifest["counts"]["calls"]  # type: ignore[index]
    checks = house.run("backup", "verify", "--identity", house.key, "--json")
    assert all(check["ok"] for check in checks)


def test_what_a_night_does_not_keep_is_pruned_and_prune_says_so(house: House) -> None:
    house.folder.mkdir(mode=0o700)
    now = datetime.now(UTC)
    for days in range(60):
        (house.folder / f"decroche-{now - timedelta(days=days):%Y%m%dT%H%M%SZ}.age").write_bytes(
            b"age-encryption.org/v1\n"
        )
    told = house.run("backup", "prune", "--dry-run", "--json")
    assert len(shelf.listed(house.folder)) == 60
    assert house.run("backup", "prune", "--json") == told
    left = shelf.listed(house.folder)
    assert len(left) + len(told) == 60
    assert len(left) <= 7 + 5 + 3


def test_the_doctor_tells_of_none_of_an_old_one_and_of_none_verified(house: House, practice: Tenant) -> None:
    now = datetime.now(UTC)
    assert [(f.part, f.state) for f in looked(settings(), now)] == [("backup", "warn")]
    path = house.backup()
    assert [f.state for f in looked(settings(), now)] == ["ok", "warn"]
    shelf.mark(path, now, [])
    assert [f.state for f in looked(settings(), now)] == ["ok", "ok"]
    assert [f.state for f in looked(settings(), now + timedelta(days=3))] == ["warn", "ok"]
    assert [f.state for f in looked(settings(), now + timedelta(days=9))] == ["warn", "warn"]
    shelf.mark(path, now, ["recordings: one is missing"])
    assert "one is missing" in list(looked(settings(), now))[1].detail
