"""`decroche compliance audit` and `verify`: the proof of a call, and what happens when rows are tampered with."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import pytest
from pypdf import PdfReader

from compliance.ledgers.ledger import ask
from store.base.ids import new_id
from store.calls import Cdr, Turn, insert_cdr
from store.db import Conn, Database
from tests.integration.compliance.conftest import Run
from tests.integration.compliance.ledger_of_tests import MONDAY, PERSON, SHOWN, SUNDAY, consent, request, tenant

AI = "Je suis une intelligence artificielle."


def carried(database: Database, who: UUID, call_id: UUID, heard_ms: int | None) -> None:
    answered = MONDAY + timedelta(seconds=5)
    cdr = Cdr(
        id=call_id, tenant_id=who, direction="outbound", caller=SHOWN, callee=PERSON, started_at=MONDAY,
        answered_at=answered, ended_at=answered + timedelta(seconds=1.5 if heard_ms is None else 60),
        hangup_cause=16, hangup_side="caller", outcome="answered", disclosure_text=AI, disclosure_heard_ms=heard_ms,
    )  # fmt: skip
    turns = [
        Turn("agent", "Bonjour, ici le cabinet Molaire.", 100, 2000, heard_ms=1900),
        Turn("agent", AI, 2000, 4200, heard_ms=2200),
        Turn("agent", "Cet appel est enregistré.", 4200, 6000, heard_ms=900),
        Turn("caller", "Bonjour.", 6500, 7000),
    ]
    with database.tenant(who) as conn:
        insert_cdr(conn, cdr, turns)


def audited(run: Run, call_id: UUID, *args: object) -> dict[str, Any]:
    found = run("audit", "--call", call_id, *args)
    assert found.exit_code == 0
    return json.loads(found.stdout)


def test_the_proof_says_why_the_call_was_placed_and_what_was_heard_at_which_second(
    database: Database, run: Run
) -> None:
    who, call_id = tenant(database), new_id()
    consent(database, who)
    decision = ask(database, who, request(call_id=call_id), MONDAY)
    carried(database, who, call_id, 4200)
    proof = audited(run, call_id)
    assert proof["decision"]["id"] == str(decision.id)
    assert proof["decision"]["callers"] == ["Cabinet"]
    assert proof["decision"]["case"]["consent"]["given_at"].startswith("2026-10-24")
    assert (proof["decision"]["reproduced"], proof["decision"]["chain"]["intact"]) == (True, True)
    assert proof["told"]["ai"] == {"text": AI, "heard_at_ms": 4200, "note": ""}
    assert proof["told"]["identity"] == {"text": "Bonjour, ici le cabinet Molaire.", "heard_at_ms": 2000}
    assert proof["told"]["recording"] == {"text": "Cet appel est enregistré.", "heard_at_ms": None}


def test_a_call_hung_up_before_the_disclosure_says_so(database: Database, run: Run) -> None:
    who, call_id = tenant(database), new_id()
    carried(database, who, call_id, None)
    assert audited(run, call_id)["told"]["ai"]["note"] == "not heard: the caller hung up after 1.5 s"


def test_a_refused_call_has_a_proof_too(database: Database, run: Run) -> None:
    who, call_id = tenant(database), new_id()
    ask(database, who, request(call_id=call_id), SUNDAY)
    proof = audited(run, call_id, "--tenant", "cabinet")
    assert proof["decision"]["allowed"] is False
    assert "C. conso L223-1" in proof["decision"]["explanation"]["fr"]
    assert proof["call"] is None


def test_the_proof_is_a_pdf_for_people(database: Database, run: Run, tmp_path: Path) -> None:
    who, call_id = tenant(database), new_id()
    consent(database, who)
    decision = ask(database, who, request(call_id=call_id), MONDAY)
    carried(database, who, call_id, 4200)
    pdf, out = tmp_path / "proof.pdf", tmp_path / "proof.json"
    assert run("audit", "--call", call_id, "--out", out, "--pdf", pdf).exit_code == 0
    assert json.loads(out.read_text(encoding="utf-8"))["call_id"] == str(call_id)
    pages = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(pdf).pages)
    said = pages.split("Données")[0]  # what a person reads; the machine's JSON follows
    for told in (
        str(call_id), f"{SHOWN} → {PERSON}", str(decision.id), "même réponse", "intacte",
        "Qui appelle, pour quoi Cabinet",
        f"« {AI} » entendu à : 4,2 s", "« Bonjour, ici le cabinet Molaire. » entendu à : 2,0 s",
        "« Cet appel est enregistré. » entendu à : non entendu",
    ):  # fmt: skip
        assert told in said


def test_another_tenants_call_is_not_found(database: Database, run: Run) -> None:
    who, call_id = tenant(database), new_id()
    tenant(database, "agence", "+33162005678")
    ask(database, who, request(call_id=call_id), SUNDAY)
    assert run("audit", "--call", call_id, "--tenant", "agence").exit_code == 4
    assert run("audit", "--call", new_id()).exit_code == 4


TAMPER: dict[str, LiteralString] = {
    "changed": "UPDATE compliance.decisions SET record = replace(record, 'weekend', 'weekday') WHERE seq = 2",
    "removed": "DELETE FROM compliance.decisions WHERE seq = 2",
    "cut off": "DELETE FROM compliance.decisions WHERE seq = 3",
    "inserted": """INSERT INTO compliance.decisions (tenant_id, seq, record, prev_hash, hash)
                   SELECT tenant_id, 4, replace(record, record::json->>'id', gen_random_uuid()::text), hash, prev_hash
                     FROM compliance.decisions WHERE seq = 3""",
}


@pytest.mark.parametrize("how", TAMPER)
def test_verify_finds_a_row_that_was(database: Database, superuser: Conn, run: Run, how: str) -> None:
    who = tenant(database)
    for _ in range(3):
        ask(database, who, request(), SUNDAY)
    assert run("verify").exit_code == 0
    superuser.execute("SET session_replication_role = replica")  # past every trigger
    superuser.execute(TAMPER[how])
    superuser.execute("SET session_replication_role = DEFAULT")
    found = run("verify", "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout.splitlines()[0])["intact"] is False


def test_a_chain_rewritten_with_its_head_is_betrayed_by_the_anchor(
    database: Database, superuser: Conn, run: Run
) -> None:
    who = tenant(database)
    ask(database, who, request(), SUNDAY)
    assert run("verify").exit_code == 0
    superuser.execute("SET session_replication_role = replica")
    superuser.execute("DELETE FROM compliance.decisions")
    superuser.execute("DELETE FROM compliance.decision_heads")
    superuser.execute("SET session_replication_role = DEFAULT")
    assert run("verify").exit_code == 1


def test_two_tenants_have_chains_of_their_own(database: Database, run: Run) -> None:
    for slug, shown in (("cabinet", SHOWN), ("agence", "+33162005678")):
        ask(database, tenant(database, slug, shown), request(caller_id=shown), SUNDAY)
    rows = [json.loads(line) for line in run("verify", "--json").stdout.splitlines()]
    assert [(row["decisions"], row["intact"]) for row in rows] == [(1, True), (1, True)]
