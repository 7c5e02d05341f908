"""Calls in pages: found, exported, heard, proven; invoices."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from billing.charges.ledger import record_call
from store import audit, opus, recordings
from store.base.ids import new_id
from store.base.settings import Settings
from store.calls import Cdr
from store.db import Database
from tests.actors import OPERATOR
from tests.integration.portal.site import NOW, Browsers, People, Practice


def test_words_are_found_in_what_was_said(
    browser: Browsers, people: People, practice: Practice, other: Practice
) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    found = here.get("/appels?mots=détartrages").text  # the plural, of the same stem
    assert f"/appels/{practice.call}" in found
    assert str(other.call) not in found
    assert "Aucun appel ne répond" in here.get("/appels?mots=couronne").text


def test_a_filter_that_cannot_be_read_is_said_and_kept(browser: Browsers, people: People, practice: Practice) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    for query, told in (
        ("du=2026-02-30", "Cette date n&#39;existe pas."), ("numero=12", "pas un numéro"),
        ("du=2026-11-02&au=2026-11-01", "précède"), ("suite=zzz", "reprenez depuis"), ("sens=dedans", "reçus ou émis"),
    ):  # fmt: skip
        answer = here.get(f"/appels?{query}&mots=bonjour")
        assert answer.status_code == 422, query
        assert told in answer.text, query
        assert 'value="bonjour"' in answer.text


def test_filters_are_remembered_until_they_are_cleared(browser: Browsers, people: People, practice: Practice) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    here.get("/appels?sens=recus")
    assert here.get("/appels").headers["location"] == "/appels?sens=recus"
    here.get("/appels?tout=1")
    assert here.get("/appels").status_code == 200


def test_pages_follow_each_other_without_gap_or_double(
    browser: Browsers, people: People, database: Database, practice: Practice
) -> None:
    made = {str(practice.call)}
    with database.tenant(practice.tenant.id) as conn:
        for number in range(120):
            at = NOW - timedelta(days=1, minutes=number // 3)  # several of one instant
            cdr = Cdr(new_id(), practice.tenant.id, "inbound", "", "+33162001234", at, at, 16, "caller", "abandoned")
            record_call(conn, cdr)
            made.add(str(cdr.id))
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    path, seen = "/appels", list[str]()
    while path:
        text = here.get(path).text
        seen += re.findall(r'href="/appels/([0-9a-f-]{36})"', text)
        more = re.search(r'href="(/appels\?suite=[^"]+)" rel="next"', text)
        path = more[1] if more else ""
    assert len(seen) == len(set(seen))
    assert set(seen) == made


def test_the_spreadsheet_runs_no_formula_and_the_export_is_logged(
    browser: Browsers, people: People, database: Database, practice: Practice
) -> None:
    at = NOW - timedelta(minutes=5)
    cdr = Cdr(new_id(), practice.tenant.id, "inbound", "=1+1", "+33162001234", at, at, 16, "caller", "abandoned",
              agent="@SUM(A1)")  # fmt: skip
    with database.tenant(practice.tenant.id) as conn:
        record_call(conn, cdr)
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    answer = here.get("/appels.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    cells = [cell for line in answer.text.splitlines() for cell in line.split(";")]
    assert "'=1+1" in cells
    assert "'@SUM(A1)" in cells
    assert '"=""+33612345678"""' in cells
    with database.operator() as conn:
        assert audit.find(conn, action="calls.export")[0].who == "person:claire@cabinet.fr"


def test_one_call_tells_its_words_price_and_why_it_was_lawful(
    browser: Browsers, people: People, practice: Practice
) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    text = here.get(f"/appels/{practice.call}").text.replace("\u00a0", " ")
    for told in ("06 12 34 56 78", "jeudi à neuf heures", "coupé", "prise de rendez-vous", "IA entendue à 4,2 s",
                 "75 s facturées", "0,0720 €", "aucune autorisation", 'class="lanes"'):  # fmt: skip
        assert told in text, told


def test_the_sound_comes_in_the_pieces_asked_for_and_listening_is_logged_once(
    browser: Browsers, people: People, database: Database, practice: Practice
) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    path = f"/appels/{practice.call}/audio"
    whole = here.get(path)
    assert (whole.status_code, whole.content[:4]) == (200, b"RIFF")
    part = here.get(path, range="bytes=100-199")
    assert (part.status_code, len(part.content)) == (206, 100)
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert here.get(path, range="bytes=99999999-").status_code == 416
    with database.operator() as conn:
        assert len(audit.find(conn, action="call.listen")) == 1


def test_an_encrypted_recording_is_heard_in_pieces_by_its_own_client(
    browser: Browsers, people: People, database: Database, practice: Practice, new_folder: Path
) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    path = f"/appels/{practice.call}/audio"
    clear = here.get(path).content
    portal_home = Settings(home=new_folder)
    (done,) = recordings.seal_old(database, portal_home, by=OPERATOR)
    assert done == (practice.call, "sealed")
    assert here.get(path).content == clear
    assert here.get(path, range="bytes=60000-60099").content == clear[60000:60100]


def test_an_opus_recording_is_given_as_what_it_is_and_in_pieces(
    browser: Browsers, people: People, database: Database, practice: Practice, new_folder: Path
) -> None:
    path = next((new_folder / "recordings").rglob(f"{practice.call}.wav"))
    small = opus.encoded(path.read_bytes())
    path.with_suffix(".opus").write_bytes(small)
    with database.operator() as conn:
        conn.execute(
            "UPDATE store.calls SET recording = %s WHERE id = %s", (str(path.with_suffix(".opus")), practice.call)
        )
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    whole = here.get(f"/appels/{practice.call}/audio")
    assert (whole.content, whole.headers["content-type"]) == (small, "audio/ogg")
    assert f'filename="appel-{practice.call}.opus"' in whole.headers["content-disposition"]
    part = here.get(f"/appels/{practice.call}/audio", range="bytes=10-19")
    assert (part.status_code, part.content) == (206, small[10:20])


def test_no_file_is_served_that_does_not_lie_under_the_recordings(
    browser: Browsers, people: People, database: Database, practice: Practice, new_folder: Path
) -> None:
    outside = new_folder / "secrets.wav"
    outside.write_bytes(b"RIFF")
    at = NOW - timedelta(minutes=5)
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    for named in (str(outside), str(new_folder / "recordings/../secrets.wav"), "/etc/passwd"):
        cdr = Cdr(
            new_id(), practice.tenant.id, "inbound", "", "+33162001234", at, at, 16, "caller", "lost", recording=named
        )
        with database.tenant(practice.tenant.id) as conn:
            record_call(conn, cdr)
        assert here.get(f"/appels/{cdr.id}/audio").status_code == 404
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/appels/../../etc/passwd"):
        assert here.get(path).status_code == 404, path


def test_the_proof_is_a_pdf_and_handing_it_out_is_logged(
    browser: Browsers, people: People, database: Database, practice: Practice
) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    assert here.get(f"/appels/{practice.call}/preuve").content.startswith(b"%PDF")
    with database.operator() as conn:
        assert audit.find(conn, action="compliance.audit")[0].who == "person:claire@cabinet.fr"


def test_an_accountant_takes_the_invoice_as_xml_and_sees_no_call(
    browser: Browsers, people: People, practice: Practice
) -> None:
    here = browser().sign_in(people.signed_in("paul@compta.fr", practice.tenant, "comptable"))
    assert here.get("/").headers["location"] == "/factures"
    text = here.get("/factures").text
    assert practice.invoice in text
    assert "/appels" not in text
    assert b"CrossIndustryInvoice" in here.get(f"/factures/{practice.invoice}/xml").content
    assert here.get(f"/factures/{practice.invoice}").status_code == 200


def test_the_account_is_cut_by_its_own_form(browser: Browsers, people: People, practice: Practice) -> None:
    here = browser().sign_in(people.signed_in("claire@cabinet.fr", practice.tenant, "titulaire"))
    assert here.post("/compte/compromis", "/compte").status_code == 422
    assert "Tout est coupé" in here.post("/compte/compromis", "/compte", certain="oui").text
    assert here.get("/compte").status_code == 303


def test_a_form_too_large_to_be_one_is_refused(browser: Browsers) -> None:
    answer = browser().post("/connexion", email="a@b.fr", mot_de_passe="x" * 100_000)
    assert answer.status_code == 403
