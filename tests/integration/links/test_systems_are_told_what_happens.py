"""Web hooks on a real database, sent to a real receiver: from what happens to what its own library believes."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from agents.loading import EXAMPLES
from compliance.ledgers import oppositions
from portal.links.hooks import deliveries, endpoints, sending
from portal.links.hooks.deliveries import SEND
from portal.links.hooks.endpoints import MOST
from portal.links.hooks.kinds import KINDS
from portal.links.hooks.retrying import LONGEST, PAUSES
from store import agents, audit, events, jobs, messages, tenants
from store.base.errors import BadInput, DecrocheError, NotFound, Refused
from store.base.secrets import SecretMissing
from store.base.settings import Settings
from store.db import Database, tried
from store.tenants import Tenant
from store.work import Worker
from tests.actors import OPERATOR
from tests.integration.links.house import House, disabled
from tests.integration.links.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with receiving() as there:
        yield there


@pytest.fixture
def house(database: Database, ours: Settings, dentist: Tenant) -> House:
    return House(database, ours, dentist, datetime.now(UTC) + timedelta(seconds=1))


def test_what_happens_reaches_the_receiver_whose_library_believes_it(house: House, receiver: Receiver) -> None:
    endpoint, secret = house.add(receiver.url, "call.ended")
    call = house.happens()
    assert house.work() == 1
    told = receiver.believed(secret)
    assert (told["type"], told["data"]["id"]) == ("call.ended", call)
    (one,) = house.sent()
    assert (one.state, one.tries, one.status, one.kind) == ("delivered", 1, 204, "call.ended")
    assert house.endpoint(endpoint).took_at == house.now
    headers, _ = receiver.got[0]
    assert headers["webhook-id"] == f"msg_{one.id.hex}"
    assert house.work(LONGEST) == 0


def test_only_what_is_wanted_is_sent_and_only_of_this_client(house: House, receiver: Receiver) -> None:
    with house.database.operator() as conn:
        other = tenants.add(conn, "mairie", "Mairie", by=OPERATOR)
    mine, _ = house.add(receiver.url, "call.ended")
    house.add(receiver.url, "message.left", tenant=other)
    house.happens("booking.made")
    house.happens("call.ended", other)
    call = house.happens()
    house.work()
    assert [one.subject for one in house.sent()] == [call]
    assert [one.endpoint_id for one in house.sent()] == [mine]


def test_what_is_taken_back_was_never_told(house: House, receiver: Receiver) -> None:
    house.add(receiver.url)
    with tried(house.database, house.tenant.id, dry_run=True) as conn:
        events.note(conn, "call.ended", "x")
        assert deliveries.listed(conn)
    assert house.work() == 0
    assert receiver.got == []


def test_the_rows_themselves_tell(house: House) -> None:
    """Messages, versions, oppositions: whoever writes them; a list that is imported is not told one by one."""
    tenant = house.tenant
    dental = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
    with house.database.tenant(tenant.id) as conn:
        left = messages.leave(conn, tenant.id, "accueil", "Rappelez-moi.")
    with house.database.operator() as conn:
        agents.import_version(conn, tenant.id, "parc", dental, by=OPERATOR)
        agents.mark_tested(conn, tenant.id, "parc", 1, "lea", by=OPERATOR)
        agents.publish(conn, tenant.id, "parc", 1, "marc", by=OPERATOR)
        oppositions.oppose(conn, tenant.id, "+33612345678", "letter", house.now, by=OPERATOR)
        oppositions.oppose(conn, None, "+33612345679", "letter", house.now, by=OPERATOR)
    with house.database.operator(tenant.id) as conn:
        oppositions.take_list(conn, tenant.id, "0612345670\n0612345671", house.now, by=OPERATOR)
    with house.database.tenant(tenant.id) as conn:
        told = [(event.kind, event.subject) for event in events.after(conn)]
        row = conn.execute("SELECT id FROM compliance.oppositions WHERE number = '+33612345678'").fetchone()
    assert row is not None
    assert told == [
        ("message.left", str(left.id)), ("agent.published", "parc@1"), ("opposition.recorded", str(row["id"])),
    ]  # fmt: skip
    assert [event[0] for event in told if event[0] not in KINDS] == []


def test_one_that_does_not_answer_is_tried_again_under_the_same_id(house: House, receiver: Receiver) -> None:
    house.add(receiver.url, "call.ended")
    receiver.status, receiver.answer = 500, b"<h1>\x00\x07oh\xff no</h1>" + b"x" * 4000
    house.happens()
    house.work()
    (one,) = house.sent()
    assert (one.state, one.status, one.tries, one.next_at) == ("waiting", 500, 1, house.now + PAUSES[0])
    assert len(one.snippet) == 200
    assert one.snippet.startswith("<h1> oh no</h1>xxx")
    assert house.work(PAUSES[0] - timedelta(seconds=1)) == 0
    receiver.status, receiver.answer = 200, b"ok"
    house.work(timedelta(seconds=1))
    (one,) = house.sent()
    assert (one.state, one.tries, one.snippet) == ("delivered", 2, "ok")
    ids = {headers["webhook-id"] for headers, _ in receiver.got}
    assert len(ids) == 1
    assert receiver.got[0][1] == receiver.got[1][1]
    assert receiver.got[0][0]["webhook-timestamp"] != receiver.got[1][0]["webhook-timestamp"]


def test_after_three_days_it_is_disabled_and_the_client_is_told(house: House, receiver: Receiver) -> None:
    endpoint = disabled(house, receiver)
    assert len(receiver.got) == 10
    (one,) = house.sent()
    assert (one.state, one.tries) == ("failed", 10)
    found = house.endpoint(endpoint)
    assert (found.disabled_at, found.disabled_why) == (house.now, "away")
    with house.database.operator() as conn:
        notices = conn.execute("SELECT kind, audience, body FROM billing.notices").fetchall()
        waits = jobs.listed(conn, kind="billing.tell")
        (entry,) = audit.find(conn, action="hook.disable")
    assert [(row["kind"], row["audience"]) for row in notices] == [("hook_disabled", "client")]
    assert "http" not in str(notices)
    assert len(waits) == 1
    assert (entry.who, entry.tenant_id) == ("service:hooks", house.tenant.id)
    house.happens()
    assert house.work() == 0
    assert len(house.sent()) == 1


def test_a_disabled_one_is_enabled_and_what_it_missed_replayed(house: House, receiver: Receiver) -> None:
    endpoint = disabled(house, receiver)
    (one,) = house.sent()
    with pytest.raises(Refused):
        house.replay(one.id)
    receiver.status = 200
    with house.database.operator(house.tenant.id) as conn:
        endpoints.enable(conn, endpoint, by=OPERATOR)
        with pytest.raises(Refused):
            endpoints.enable(conn, endpoint, by=OPERATOR)
        assert deliveries.replay_failed(conn, endpoint, by=OPERATOR, now=house.now) == 1
    assert house.work() == 1
    (again,) = house.sent()
    assert (again.id, again.state, again.tries) == (one.id, "delivered", 1)


def test_what_was_taken_is_sent_once_more_when_it_is_asked_for(house: House, receiver: Receiver) -> None:
    house.add(receiver.url, "call.ended")
    house.happens()
    house.work()
    (one,) = house.sent()
    assert house.replay(one.id).state == "waiting"
    assert house.work() == 1
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [f"msg_{one.id.hex}"] * 2


def test_who_says_gone_is_disabled_at_once(house: House, receiver: Receiver) -> None:
    endpoint, _ = house.add(receiver.url, "call.ended")
    receiver.status = 410
    house.happens()
    house.work()
    assert house.endpoint(endpoint).disabled_why == "gone"
    assert house.work(LONGEST) == 0


def test_many_messages_for_one_that_is_away_cost_one_try_a_rest(house: House, receiver: Receiver) -> None:
    house.add(receiver.url, "call.ended")
    receiver.status = 500
    for _ in range(20):
        house.happens()
    house.work()
    assert len(receiver.got) == 1
    assert sorted(one.tries for one in house.sent()) == [0] * 19 + [1]
    receiver.status = 200
    house.work(timedelta(minutes=1))
    assert {one.state for one in house.sent()} == {"delivered"}
    assert len(receiver.got) == 21


def test_a_redirect_is_not_followed(house: House, receiver: Receiver) -> None:
    house.add(receiver.url, "call.ended")
    receiver.status, receiver.more = 302, {"Location": receiver.url}
    house.happens()
    house.work()
    (one,) = house.sent()
    assert (one.state, one.status) == ("waiting", 302)
    assert (len(receiver.got), receiver.asked) == (1, [])


def test_two_keys_sign_for_a_day_after_the_secret_is_changed(house: House, receiver: Receiver) -> None:
    endpoint, old = house.add(receiver.url, "call.ended")
    with house.database.operator() as conn:
        _, new = endpoints.rotate(conn, endpoint, by=OPERATOR, now=house.now, of=house.settings)
    house.happens()
    house.work()
    for secret in (old, new):
        assert receiver.believed(secret)["type"] == "call.ended"
    with house.database.operator() as conn:
        keys = endpoints.keys_of(conn, endpoint, house.now + timedelta(days=1), house.settings)
        assert len(keys) == 1
        _, newest = endpoints.rotate(conn, endpoint, by=OPERATOR, now=house.now, of=house.settings)
    house.happens()
    house.work()
    assert receiver.believed(new) == receiver.believed(newest)
    with pytest.raises(WebhookVerificationError):
        receiver.believed(old)


def test_a_secret_is_in_neither_the_database_nor_the_log_of_acts(house: House, receiver: Receiver) -> None:
    _, secret = house.add(receiver.url, "call.ended")
    with house.database.operator() as conn:
        kept = str(conn.execute("SELECT * FROM links.endpoint_keys").fetchall())
        (entry,) = audit.find(conn, action="hook.add")
    assert secret.removeprefix("whsec_") not in kept
    assert receiver.url not in str(entry)
    assert entry.detail == {"events": ["call.ended"]}


def test_without_the_operators_key_nothing_is_sent_unsigned(house: House, receiver: Receiver) -> None:
    house.add(receiver.url, "call.ended")
    (house.settings.folder("secrets") / "hooks-key").unlink()
    house.happens()
    worker = Worker(house.database, sending.handlers(house.settings))
    worker.drain()
    worker.close()
    assert worker.failures == 1
    assert receiver.got == []
    with house.database.operator() as conn:
        (job,) = jobs.listed(conn, kind=SEND)
    assert SecretMissing.code in job.why


def test_a_test_is_sent_now_also_to_a_disabled_one(house: House, receiver: Receiver) -> None:
    endpoint = disabled(house, receiver)
    receiver.status, receiver.answer = 201, b"hello"
    with house.database.operator(house.tenant.id) as conn:
        made = deliveries.begin_test(conn, endpoint, by=OPERATOR, now=house.now, by_job=False)
    done = sending.send_now(house.database, made.id, house.tenant.id, house.settings, lambda: house.now)
    assert (done.state, done.status, done.snippet) == ("delivered", 201, "hello")
    with house.database.operator(house.tenant.id) as conn:
        deliveries.begin_test(conn, endpoint, by=OPERATOR, now=house.now)
    receiver.status = 500
    assert house.work() == 1
    assert house.sent()[0].state == "failed"
    assert house.work(LONGEST) == 0


def test_one_that_is_removed_takes_what_waits_with_it(house: House, receiver: Receiver) -> None:
    endpoint, _ = house.add(receiver.url, "call.ended")
    house.happens()
    with house.database.operator() as conn:
        endpoints.remove(conn, endpoint, by=OPERATOR)
        with pytest.raises(NotFound):
            endpoints.get(conn, endpoint)
    assert house.work() == 1
    assert receiver.got == []


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "https://user:pw@example.org/", "https://example.org:8443/", "ftp://example.org/x", "x" * 9,
     "https://a b.example/", "https://exam\nple.org/", "https://example.org/\x00", f"https://example.org/{'x' * 2000}"],
)  # fmt: skip
def test_an_address_of_another_shape_is_refused_where_it_is_typed(house: House, url: str) -> None:
    with pytest.raises(BadInput) as caught:
        house.add(url)
    assert caught.value.hint


def test_a_name_that_leads_inside_is_not_asked(house: House) -> None:
    """localhost is a name whose address is private: the exception of the tests is for 127.0.0.1 alone."""
    house.add("https://localhost/hook", "call.ended")
    house.happens()
    house.work()
    (one,) = house.sent()
    assert (one.state, one.status, one.why) == ("waiting", None, "address refused")


def test_a_client_has_ten_at_most_and_only_events_that_are_some(house: House, receiver: Receiver) -> None:
    with pytest.raises(BadInput, match="is none"):
        house.add(receiver.url, "call.eaten")
    for _ in range(MOST):
        house.add(receiver.url)
    with pytest.raises(DecrocheError) as caught:
        house.add(receiver.url)
    assert caught.value.code == "hooks_many"
