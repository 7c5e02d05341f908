"""Web hooks by the API: scopes, another client's ids, pages of deliveries, a POST done once, what is refused."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from portal.api.app import contract
from portal.links.hooks import endpoints
from portal.people.roles import SCOPES
from store import audit
from store.db import Database
from tests.integration.portal.site import Browsers, Practice, System, system

URL = "https://crm.cabinet.example/decroche?jeton=abc"


@pytest.fixture
def crm(browser: Browsers, database: Database, practice: Practice) -> System:
    return system(browser, database, practice, "hooks")


WEB_HOOKS = [
    (path, method.upper())
    for path, methods in contract()["paths"].items()
    for method in methods
    if "endpoint" in path or "deliveries" in path
]


def addressed(path: str, of: Practice) -> str:
    return path.replace("{endpoint_id}", of.ids["hook"]).replace("{delivery_id}", of.ids["delivery"])


@pytest.mark.parametrize(("path", "method"), WEB_HOOKS)
def test_every_resource_asks_for_its_scope_and_hides_what_is_anothers(
    browser: Browsers, database: Database, practice: Practice, other: Practice, crm: System, path: str, method: str
) -> None:
    content = {"url": URL} if (path, method) == ("/webhook-endpoints", "POST") else {} if method == "PATCH" else None
    rest = system(browser, database, practice, *(SCOPES - {"hooks"}))
    refused = rest.ask(method, addressed(path, practice), content)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert System(browser().client, "dk_no").ask(method, addressed(path, practice), content).status_code == 401
    if "{" in path:
        foreign = crm.ask(method, addressed(path, other), content)
        assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    own = crm.ask(method, addressed(path, practice), content)
    assert own.status_code in (200, 201, 202, 204, 409), own.text
    assert "mairie" not in own.text


def test_an_endpoint_lives_by_the_api(crm: System, database: Database, practice: Practice) -> None:
    made = crm.ask("POST", "/webhook-endpoints", {"url": URL, "events": ["call.ended"], "name": "CRM"})
    assert made.status_code == 201
    one = made.json()
    assert one["secret"].startswith("whsec_")
    assert [each["id"] for each in crm.get("/webhook-endpoints").json()["data"]] == [practice.ids["hook"], one["id"]]
    assert "secret" not in crm.get(f"/webhook-endpoints/{one['id']}").json()
    sent = crm.ask("POST", f"/webhook-endpoints/{one['id']}:test")
    assert (sent.status_code, sent.json()["state"]) == (202, "waiting")
    assert crm.get(f"/deliveries?endpoint={one['id']}").json()["data"] == [sent.json()]
    assert crm.ask("POST", f"/webhook-endpoints/{one['id']}:enable").json()["code"] == "hook_enabled"
    assert crm.ask("POST", f"/webhook-endpoints/{one['id']}:rotate").json()["secret"] != one["secret"]
    assert crm.ask("DELETE", f"/webhook-endpoints/{one['id']}").status_code == 204
    assert crm.get(f"/deliveries/{sent.json()['id']}").status_code == 404
    with database.operator() as conn:
        acts = [entry for entry in audit.find(conn) if entry.who.startswith("api:")]
    assert {entry.action for entry in acts} == {"hook.add", "hook.test", "hook.rotate", "hook.remove"}


def test_an_endpoint_is_changed_upon_what_was_read_and_its_secret_stays(
    crm: System, database: Database, practice: Practice
) -> None:
    path = f"/webhook-endpoints/{practice.ids['hook']}"
    with database.operator() as conn:
        before = conn.execute("SELECT key FROM links.endpoint_keys").fetchall()
        conn.execute("UPDATE links.endpoints SET faults = 3, rests_until = now()")
    read = crm.get(path)
    done = crm.ask(
        "PATCH", path, {"url": URL, "events": ["booking.made", "call.ended"]}, **{"if-match": read.headers["etag"]}
    )
    assert (done.status_code, done.json()["url"], done.json()["name"]) == (200, URL, read.json()["name"])
    assert set(done.json()["events"]) == {"booking.made", "call.ended"}
    late = crm.ask("PATCH", path, {"name": "trop tard"}, **{"if-match": read.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert crm.ask("PATCH", path, {"name": "CRM 2"}, **{"if-match": done.headers["etag"]}).json()["name"] == "CRM 2"
    assert crm.ask("PATCH", path, {}).json()["url"] == URL
    with database.operator() as conn:
        assert conn.execute("SELECT key FROM links.endpoint_keys").fetchall() == before
        assert endpoints.get(conn, UUID(practice.ids["hook"])).faults == 0
        acts = [entry for entry in audit.find(conn) if entry.action == "hook.set"]
    assert [entry.detail["changed"] for entry in acts] == [["name"], ["url", "events"]]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"url": "http://crm.example/x"}, "outward_refused"),
        ({"url": "https://crm.example:8443/"}, "outward_refused"),
        ({"events": ["call.eaten"]}, "event_unknown"),
        ({"events": []}, "bad_input"),
        ({"name": "a\u0000b"}, "name_wrong"),
        ({"url": 7}, "bad_input"),
    ],
)
def test_a_wrong_change_changes_nothing(crm: System, practice: Practice, content: object, code: str) -> None:
    path = f"/webhook-endpoints/{practice.ids['hook']}"
    before = crm.get(path).json()
    answer = crm.ask("PATCH", path, content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert crm.get(path).json() == before


def test_deliveries_come_page_by_page(crm: System, practice: Practice) -> None:
    for _ in range(4):
        crm.ask("POST", f"/webhook-endpoints/{practice.ids['hook']}:test")
    seen: list[str] = []
    cursor = ""
    while True:
        page = crm.get(f"/deliveries?limit=2&cursor={cursor}").json()
        seen += [one["id"] for one in page["data"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert crm.get("/deliveries?state=delivered").json()["data"] == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"url": "http://crm.example/x"}, "outward_refused"),
        ({"url": "https://10.0.0.1:99/"}, "outward_refused"),
        ({"url": URL, "events": ["call.eaten"]}, "event_unknown"),
        ({"url": URL, "name": "a\u0000b"}, "name_wrong"),
        ({"url": 7}, "bad_input"),
        ({}, "bad_input"),
        ([], "bad_input"),
    ],
)
def test_a_wrong_endpoint_is_a_problem_with_its_code(crm: System, content: object, code: str) -> None:
    answer = crm.ask("POST", "/webhook-endpoints", content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_sent_twice_with_one_key_is_done_once_and_answered_alike(
    crm: System, database: Database, practice: Practice
) -> None:
    key = {"idempotency-key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
    first = crm.ask("POST", "/webhook-endpoints", {"url": URL}, **key)
    again = crm.ask("POST", "/webhook-endpoints", {"url": URL}, **key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = crm.ask("POST", "/webhook-endpoints", {"url": URL, "name": "x"}, **key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    with database.operator() as conn:
        assert len(endpoints.listed(conn, practice.tenant.id)) == 2
        kept = conn.execute("SELECT answer FROM portal.answers").fetchall()
    assert len(kept) == 1
    assert first.json()["secret"].encode() not in bytes(kept[0]["answer"])


def test_what_failed_is_tried_anew_with_the_same_key(crm: System, practice: Practice) -> None:
    key = {"idempotency-key": "k1"}
    assert crm.ask("POST", "/webhook-endpoints", {"url": "http://x.example/"}, **key).status_code == 422
    assert crm.ask("POST", "/webhook-endpoints", {"url": URL}, **key).status_code == 201


def test_two_at_once_with_one_key_are_one(crm: System, database: Database, practice: Practice) -> None:
    def ask(_: int) -> str:
        made = crm.ask("POST", "/webhook-endpoints", {"url": URL}, **{"idempotency-key": "k2"})
        return made.json()["secret"]

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    with database.operator() as conn:
        assert len(endpoints.listed(conn, practice.tenant.id)) == 2


def test_another_clients_same_key_is_another(
    browser: Browsers, database: Database, other: Practice, crm: System
) -> None:
    theirs = system(browser, database, other, "hooks")
    key = {"idempotency-key": "k3"}
    one, two = (each.ask("POST", "/webhook-endpoints", {"url": URL}, **key).json() for each in (crm, theirs))
    assert one["id"] != two["id"]


def test_a_long_body_is_refused_before_it_is_read(crm: System) -> None:
    answer = crm.ask("POST", "/webhook-endpoints", {"url": URL, "name": "x" * 70_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_long")


def test_the_contract_tells_of_keys_and_events() -> None:
    paths = contract()["paths"]
    add = paths["/webhook-endpoints"]["post"]
    assert "Idempotency-Key".lower() in [one["name"].lower() for one in add["parameters"]]
    assert "call.ended" in json.dumps(contract()["components"]["schemas"]["NewEndpoint"])
