"""A client's people are told what callers left: by mail and SMS, as each wants it, once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from portal.links.told import readers, telling
from store import analyses, bookings, calls, events, jobs, messages
from store.base.errors import BadInput, NotFound, Refused
from store.base.ids import new_id
from store.base.settings import Settings, settings
from store.db import Database
from store.tenants import Tenant
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.links.conftest import Mailbox
from tests.integration.links.crm import serving

MAIL = "lea@example.fr"


def watch(database: Database, tenant: Tenant, name: str = "Léa", **more: Any) -> readers.Reader:
    with database.operator(tenant.id) as conn:
        given: dict[str, Any] = {"email": MAIL, "mails": ["message", "booking", "cancelled", "transfer_failed"], **more}
        return readers.add(conn, tenant.id, name, by=OPERATOR, **given)


def leave(database: Database, tenant: Tenant, text: str = "Rappelez-moi.") -> None:
    with database.tenant(tenant.id) as conn:
        messages.leave(conn, tenant.id, "accueil", text, name="Claire Martin", phone="+33612345678")


def work(database: Database, later: timedelta = timedelta(seconds=1)) -> int:
    now = datetime.now(UTC) + later
    worker = Worker(database, telling.handlers(settings(), now=lambda: now), now=lambda: now)
    try:
        worker.drain()
        return worker.failures
    finally:
        worker.close()


def subjects(mailbox: Mailbox) -> list[str]:
    from email.header import decode_header, make_header

    return [str(make_header(decode_header(str(letter["Subject"])))) for letter in mailbox.letters]


def test_who_wants_it_is_told_once(database: Database, dentist: Tenant, ours: Settings, mailbox: Mailbox) -> None:
    watch(database, dentist)
    watch(database, dentist, "Max", email="max@example.fr", mails=["callback"])
    leave(database, dentist)
    work(database)
    work(database, timedelta(days=1))
    assert [(letter["To"]) for letter in mailbox.letters] == [MAIL]
    assert subjects(mailbox) == ["Message de Claire Martin"]


def test_a_digest_is_one_mail(database: Database, dentist: Tenant, ours: Settings, mailbox: Mailbox) -> None:
    later = (datetime.now(UTC) + timedelta(hours=5)).astimezone().time().replace(second=0, microsecond=0)
    watch(database, dentist, digest_at=time(later.hour, later.minute))
    leave(database, dentist)
    leave(database, dentist, "Encore moi.")
    work(database)
    assert mailbox.letters == []
    work(database, timedelta(days=1, hours=1))
    assert subjects(mailbox) == ["Cabinet Molaire : 2 nouvelles de vos appels"]


def test_a_call_that_was_not_put_through_waits_for_its_sheet(
    database: Database, dentist: Tenant, ours: Settings, mailbox: Mailbox
) -> None:
    watch(database, dentist)
    call, end = new_id(), datetime.now(UTC)
    cdr = calls.Cdr(
        call, dentist.id, "inbound", "+33612345678", "+33162001234", end, end, 16, "caller", "answered",
        answered_at=end, agent="accueil", agent_version=1,
    )  # fmt: skip
    with database.tenant(dentist.id) as conn:
        calls.insert_cdr(conn, cdr, [], [calls.Action("transfer", {}, {"outcome": "no_answer"}, 0)])
        jobs.add(conn, "call.analyse", call)
        events.note(conn, "call.ended", call)
    work(database)
    assert mailbox.letters == []
    with database.tenant(dentist.id) as conn:
        analyses.keep(conn, analyses.Kept(call, "skipped", "no mind"))
    work(database, timedelta(minutes=1))
    assert subjects(mailbox) == ["Appel de +33612345678 non transmis"]


def test_what_was_called_off_meanwhile_is_not_told_as_taken(
    database: Database, dentist: Tenant, ours: Settings, mailbox: Mailbox
) -> None:
    watch(database, dentist)
    starts = datetime.now(UTC) + timedelta(days=3)
    with database.tenant(dentist.id) as conn:
        made = bookings.book(conn, dentist.id, "accueil", "Claire", starts, starts + timedelta(minutes=30))
        events.note(conn, "booking.made", made.id)
        bookings.cancel(conn, made.id)
        events.note(conn, "booking.cancelled", made.id)
    work(database)
    assert [subject.startswith("Rendez-vous annulé : Claire") for subject in subjects(mailbox)] == [True]


def test_an_sms_is_tried_again_under_its_key(
    database: Database, dentist: Tenant, ours: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as gateway:
        monkeypatch.setenv("DECROCHE_BILLING__SMS_URL", gateway.url)
        settings.cache_clear()
        gateway.answers = [(500, None), (200, {})]
        watch(database, dentist, mails=[], texts=["message"], phone="06 12 34 56 78")
        leave(database, dentist)
        assert work(database) == 1
        assert work(database, timedelta(minutes=2)) == 0
    first, second = gateway.asked
    assert first.json == second.json
    assert first.json["to"] == "+33612345678"
    assert first.json["text"] == "Cabinet Molaire : Message de Claire Martin, +33612345678 : Rappelez-moi."
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_who_cannot_be_told_is_not_added(database: Database, dentist: Tenant, ours: Settings) -> None:
    watch(database, dentist)
    with pytest.raises(Refused):
        watch(database, dentist)
    wrongs: list[dict[str, Any]] = [
        {"email": "x"}, {"mails": ["all"]}, {"mails": []}, {"texts": ["message"]}, {"name": " "},
    ]  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(BadInput):
            watch(database, dentist, **{"name": "Max", **wrong})
    with database.operator(dentist.id) as conn:
        readers.remove(conn, dentist.id, "Léa", by=OPERATOR)
        with pytest.raises(NotFound):
            readers.remove(conn, dentist.id, "Léa", by=OPERATOR)
