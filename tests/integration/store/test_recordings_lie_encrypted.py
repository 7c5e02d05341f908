"""Recordings lie encrypted, are heard through their row, and are gone with their key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from store import opus, recordings, tenants
from store.base.errors import NotFound
from store.base.ids import new_id
from store.base.sealed import SealBroken, is_sealed, opened
from store.base.secrets import forget_secret
from store.base.settings import Settings, settings
from store.calls import Cdr, insert_cdr
from store.db import Database, DatabaseUnavailable
from store.tenants import Tenant
from tests.actors import OPERATOR
from tts.marking import Mark, marked, read_mark, wav

SOUND = b"RIFF" + bytes(range(256)) * 1000
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def home(settings_home: Path) -> Settings:
    return settings()


@pytest.fixture
def practice(database: Database) -> Tenant:
    with database.operator() as conn:
        return tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)


def a_call(database: Database, of: Tenant, path: Path, call_id: UUID) -> UUID:
    """A stored call whose recording lies there."""
    cdr = Cdr(
        call_id, of.id, "inbound", "+33612345678", "+33162001234", AT, AT, 16, "caller", "answered", answered_at=AT,
        recording=str(path),
    )  # fmt: skip
    with database.tenant(of.id) as conn:
        insert_cdr(conn, cdr, [], [])
    return call_id


def recorded(database: Database, home: Settings, of: Tenant) -> tuple[UUID, Path]:
    call_id = new_id()
    path = home.folder("recordings", of.slug, "2026-11") / f"{call_id}.wav.sealed"
    recordings.keep(database, home, path, of.id, call_id, SOUND)
    return a_call(database, of, path, call_id), path


def heard(
    database: Database, home: Settings, of: Tenant, call_id: UUID, first: int = 0, end: int = len(SOUND)
) -> bytes:  # fmt: skip
    with database.tenant(of.id) as conn:
        return b"".join(recordings.open_sound(conn, call_id, home).pieces(first, end))


def test_a_recording_is_heard_whole_and_in_parts_and_lies_encrypted(
    database: Database, home: Settings, practice: Tenant
) -> None:
    call_id, path = recorded(database, home, practice)
    assert heard(database, home, practice, call_id) == SOUND
    assert heard(database, home, practice, call_id, 70_000, 70_010) == SOUND[70_000:70_010]
    assert is_sealed(path)
    assert SOUND[:64] not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_another_client_hears_nothing_of_it(database: Database, home: Settings, practice: Tenant) -> None:
    call_id, _ = recorded(database, home, practice)
    with database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    with pytest.raises(NotFound):
        heard(database, home, other, call_id)
    with database.tenant(other.id) as conn:
        assert conn.execute("SELECT 1 FROM store.recording_keys").fetchall() == []
        assert conn.execute("SELECT 1 FROM store.tenant_keys").fetchall() == []


def test_without_the_operators_key_the_database_and_the_file_are_noise(
    database: Database, home: Settings, practice: Tenant
) -> None:
    call_id, _ = recorded(database, home, practice)
    forget_secret(recordings.SECRET, of=home)
    with pytest.raises(NotFound):
        heard(database, home, practice, call_id)
    later, _ = recorded(database, home, practice)  # another key is made for what comes: nothing is lost
    assert heard(database, home, practice, later) == SOUND
    with pytest.raises(SealBroken):
        heard(database, home, practice, call_id)


def test_its_key_goes_with_it(database: Database, home: Settings, practice: Tenant) -> None:
    call_id, path = recorded(database, home, practice)
    with database.operator() as conn:
        conn.execute("UPDATE store.calls SET recording = NULL WHERE id = %s", (call_id,))
        assert conn.execute("SELECT 1 FROM store.recording_keys").fetchall() == []
    again = a_call(database, practice, path, new_id())  # the file, out of a backup
    with pytest.raises(NotFound, match="no key of the recording"):
        heard(database, home, practice, again)


def test_what_is_recorded_while_the_database_is_away_carries_its_key_until_it_is_brought_home(
    database: Database, home: Settings, practice: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseUnavailable("away")

    call_id = new_id()
    path = home.folder("recordings", practice.slug) / f"{call_id}.wav.sealed"
    with monkeypatch.context() as patched:
        patched.setattr(database, "tenant", away)
        recordings.keep(database, home, path, practice.id, call_id, SOUND)
    a_call(database, practice, path, call_id)
    assert opened(path).carried
    assert heard(database, home, practice, call_id) == SOUND
    assert list(recordings.seal_old(database, home, by=OPERATOR)) == [(call_id, "key brought home")]
    assert not opened(path).carried
    assert heard(database, home, practice, call_id) == SOUND
    assert list(recordings.seal_old(database, home, by=OPERATOR)) == []


def test_what_older_versions_left_in_clear_is_heard_and_sealed_by_the_command(
    database: Database, home: Settings, practice: Tenant, tmp_path: Path
) -> None:
    path = home.folder("recordings", practice.slug) / "old.wav"
    path.write_bytes(SOUND)
    call_id = a_call(database, practice, path, new_id())
    assert heard(database, home, practice, call_id, 10, 20) == SOUND[10:20]
    assert list(recordings.seal_old(database, home, by=OPERATOR)) == [(call_id, "sealed")]
    assert is_sealed(path)
    assert heard(database, home, practice, call_id) == SOUND
    with database.operator() as conn:
        assert recordings.export(conn, call_id, home, tmp_path / "out.wav", by=OPERATOR) == len(SOUND)
    assert (tmp_path / "out.wav").read_bytes() == SOUND


def test_it_is_exported_as_what_the_files_name_says_whatever_it_lies_as(
    database: Database, home: Settings, practice: Tenant, tmp_path: Path
) -> None:
    said = marked(wav(bytes(16_000 * 4), 16_000, channels=2), Mark("decroche", "fr", channels=(2,)))
    call_id = new_id()
    path = home.folder("recordings", practice.slug, "2026-11") / f"{call_id}.opus.sealed"
    recordings.keep(database, home, path, practice.id, call_id, small := opus.encoded(said))
    a_call(database, practice, path, call_id)
    with database.operator() as conn:
        assert recordings.open_sound(conn, call_id, home).media_type == "audio/ogg"
        assert recordings.export(conn, call_id, home, tmp_path / "out.opus", by=OPERATOR) == len(small)
        recordings.export(conn, call_id, home, tmp_path / "out.wav", by=OPERATOR)
        old = a_call(database, practice, home.folder("recordings", practice.slug) / "old.wav", new_id())
        (home.folder("recordings", practice.slug) / "old.wav").write_bytes(said)
        recordings.export(conn, old, home, tmp_path / "old.ogg", by=OPERATOR)
    assert (tmp_path / "out.opus").read_bytes() == small
    assert read_mark((tmp_path / "out.wav").read_bytes()) == Mark("decroche", "fr", channels=(2,))
    assert (tmp_path / "old.ogg").read_bytes()[:4] == b"OggS"
