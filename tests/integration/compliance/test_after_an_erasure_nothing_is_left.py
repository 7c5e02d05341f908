"""One whole erasure: afterwards a dump of the database and every file of the home are searched for the person."""

from __future__ import annotations

import json
import subprocess
import wave
from pathlib import Path
from typing import Any
from uuid import UUID

from store.backup import backup
from store.base.ids import new_id
from store.base.settings import settings
from store.db import Database
from store.embedded import binaries
from tests.integration.compliance.conftest import Run
from tests.integration.compliance.ledger_of_tests import PERSON, SHOWN, tenant
from tests.integration.compliance.test_a_person_has_rights_over_their_data import NOW, call, rows, spoken

WRITINGS = [PERSON, PERSON[1:], "0612345678", "612345678", "06 12 34 56 78", "06.12.34.56.78", "06-12-34-56-78",
            "+33 6 12 34 56 78", "+33 (0)6 12 34 56 78", "0033612345678"]  # fmt: skip
STRANGER = "+33699999999"
VOICE = bytes(range(7, 247)) * 40
"""What the person said, as samples; searched for byte by byte."""


def record_voice(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(VOICE)
    return path


def spool(who: UUID, caller: str, recording: Path | None, text: str, *, answered: bool) -> Path:
    """A CDR that waits for the database, as the service writes it."""
    cdr = {
        "id": str(new_id()), "tenant_id": str(who), "direction": "inbound", "caller": caller, "callee": SHOWN,
        "started_at": NOW.isoformat(), "answered_at": NOW.isoformat() if answered else None,
        "recording": str(recording) if recording else None, "variables": {"phone": text},
    }  # fmt: skip
    path = settings().folder("spool") / f"{cdr['id']}.json"
    turns = [{"who": "caller", "text": text, "from_ms": 0, "to_ms": 900}]
    path.write_text(json.dumps({"cdr": cdr, "turns": turns, "actions": []}), encoding="utf-8")
    return path


def dumped(folder: Path, name: str) -> bytes:
    plain = folder / f"{name}.sql"
    made = backup(settings(), folder / name)
    subprocess.run([binaries() / "pg_restore", f"--file={plain}", made], check=True, timeout=60)
    return plain.read_bytes()


def files() -> dict[Path, bytes]:
    """Every file under the home: recordings, spool, logs of ours and of Asterisk."""
    return {path: path.read_bytes() for path in settings().folder().rglob("*") if path.is_file()}


def held(contents: Any, needle: bytes) -> bool:
    return any(needle in content for content in contents)


def test_neither_the_number_in_any_writing_nor_the_voice_nor_the_name_is_left_anywhere(
    database: Database, run: Run, tmp_path: Path
) -> None:
    who = tenant(database)
    _, recording = call(database, who)
    record_voice(recording)
    missed = spool(who, PERSON, record_voice(settings().folder("recordings") / "missed.wav"), "Roux", answered=False)
    aside = spool(who, STRANGER, None, f"Madame Roux, {spoken(PERSON)}", answered=True)
    aside = aside.replace(settings().folder("spool", "refused") / aside.name)  # what can never be stored
    others = spool(who, STRANGER, None, f"rappelez Madame Roux au {spoken(PERSON)}", answered=True)
    for folder, name in (("logs", "faults.log"), ("asterisk/log", "messages.log")):
        log = settings().folder(*folder.split("/")) / name
        log.write_text("".join(f"call from {way} refused\n" for way in WRITINGS) + "the end\n", encoding="utf-8")
    before = {"database": dumped(tmp_path, "before")} | {str(path): text for path, text in files().items()}
    for needle in (*(way.encode() for way in WRITINGS), VOICE, b"Roux"):
        assert held(before.values(), needle)

    report = rows("erase", "--tenant", "cabinet", "--phone", "06 12 34 56 78")

    after = {"database": dumped(tmp_path, "after")} | {str(path): text for path, text in files().items()}
    for needle in (*(way.encode() for way in WRITINGS), VOICE, b"Roux"):
        assert [where for where, text in after.items() if needle in text] == []
    told = {row["where"]: row for row in report}
    assert (told["logs"]["erased"], told["logs"]["kept"]) == (2, 0)
    assert all(text.endswith(b"the end\n") for where, text in after.items() if where.endswith("messages.log"))
    assert json.loads(missed.read_text(encoding="utf-8"))["cdr"]["callee"] == SHOWN  # the call itself waits on
    assert json.loads(aside.read_text(encoding="utf-8"))["cdr"]["caller"] == STRANGER
    assert json.loads(others.read_text(encoding="utf-8"))["cdr"]["caller"] == STRANGER


def test_a_log_file_is_nobodys_and_in_no_ones_copy(database: Database, run: Run, tmp_path: Path) -> None:
    tenant(database)
    log = settings().folder("asterisk", "log") / "messages.log"
    log.write_text(f"call from {PERSON} and from {STRANGER}\n", encoding="utf-8")
    [found] = rows("find", "--tenant", "cabinet", "--phone", PERSON)
    assert found == {"where": "logs", "count": 1}
    out = tmp_path / "copy.zip"
    rows("export", "--tenant", "cabinet", "--phone", PERSON, "--out", out)
    assert STRANGER.encode() not in out.read_bytes()
    rows("erase", "--tenant", "cabinet", "--phone", PERSON)
    assert log.read_text(encoding="utf-8") == f"call from +xxxxxxxxxxx and from {STRANGER}\n"
