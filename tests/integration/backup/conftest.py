"""A home with calls, recordings and invoices, a key, and the commands on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest
from click.testing import CliRunner, Result

from ari_app.cli import decroche
from store import messages, recordings, tenants
from store.base.ids import new_id
from store.base.secrets import secret
from store.base.settings import settings
from store.calls import Cdr, Turn, insert_cdr
from store.db import Database
from store.tenants import Tenant
from tests.actors import OPERATOR

SOUND = b"RIFF" + bytes(range(256)) * 300
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CALLER = "+33612345678"


@dataclass
class House:
    """A home, its database, and the key that backups are encrypted to."""

    db: Database
    home: Path
    key: Path
    folder: Path

    def call(
        self, of: Tenant, caller: str = CALLER, text: str = "Bonjour", *, at: datetime = AT, recorded: bool = True
    ) -> UUID:
        """A stored call with what was said in it and, sealed, its sound."""
        call_id = new_id()
        path = settings().folder("recordings", of.slug, "2026-11") / f"{call_id}.wav.sealed"
        if recorded:
            recordings.keep(self.db, settings(), path, of.id, call_id, SOUND)
        cdr = Cdr(
            call_id, of.id, "inbound", caller, "+33162001234", at, at + timedelta(seconds=30), 16, "caller", "answered",
            answered_at=at, recording=str(path) if recorded else None,
        )  # fmt: skip
        with self.db.tenant(of.id) as conn:
            insert_cdr(conn, cdr, [Turn("caller", text, 0, 1000)], [])
        return call_id

    def run(self, *arguments: object, status: int = 0) -> list[dict[str, Any]]:
        """`decroche …`, its lines of JSON."""
        return [
            json.loads(line) for line in self.invoke(*arguments, status=status).stdout.splitlines() if line[:1] == "{"
        ]

    def invoke(self, *arguments: object, status: int = 0) -> Result:
        settings.cache_clear()
        done = CliRunner().invoke(decroche, [str(each) for each in arguments])
        print(done.output)
        assert done.exit_code == status, done.output
        return done

    def backup(self, *more: object) -> Path:
        return Path(self.run("backup", "run", "--json", *more)[0]["file"])


@pytest.fixture
def house(database: Database, settings_home: Path, new_folder: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    made = pyrage.x25519.Identity.generate()
    key = new_folder / "backup.key"
    key.write_text(f"{made}\n")
    key.chmod(0o600)
    folder = new_folder / "backups"
    monkeypatch.setenv("DECROCHE_DATABASE__URL", database.service_dsn)
    monkeypatch.setenv("DECROCHE_DATABASE__ADMIN_URL", database.operator_dsn)
    monkeypatch.setenv("DECROCHE_BACKUP__RECIPIENT", str(made.to_public()))
    monkeypatch.setenv("DECROCHE_BACKUP__FOLDER", str(folder))
    settings.cache_clear()
    settings().folder()
    (settings_home / "decroche.toml").write_text('log_level = "warning"\n')
    secret("trunk-ovh")
    return House(database, settings_home, key, folder)


@pytest.fixture
def practice(house: House) -> Tenant:
    with house.db.operator() as conn:
        return tenants.add(conn, "dentiste", "Cabinet Molaire", by=OPERATOR)


@pytest.fixture
def townhall(house: House) -> Tenant:
    with house.db.operator() as conn:
        return tenants.add(conn, "mairie", "Mairie de Saint-Paul", by=OPERATOR)


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From then on the settings name no database: the embedded one is meant."""

    def away() -> None:
        for name in ("URL", "ADMIN_URL"):
            monkeypatch.delenv(f"DECROCHE_DATABASE__{name}", raising=False)
        settings.cache_clear()

    return away


Left = Callable[[Tenant, str], UUID]


@pytest.fixture
def leave(house: House) -> Left:
    """A message that a caller left."""

    def left(of: Tenant, text: str) -> UUID:
        call = house.call(of, recorded=False)
        with house.db.tenant(of.id) as conn:
            return messages.leave(conn, of.id, "accueil", text, name="Claire", phone=CALLER, call_id=call).id

    return left
