"""What takes files from clients and messages from outside: good examples, and the function that reads a broken one."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, cast

from agents.evaluation import read_suite
from agents.loading import loads
from ari_app.desk.lifecycle import Lifecycle
from ari_app.service import control
from ari_app.switch.asterisk.events import arrival, told
from ari_app.switch.asterisk.legs import joined
from ari_app.switch.asterisk.link import AriLink
from ari_app.switch.asterisk.media import Media
from billing.invoices.reconcile import read_witnesses
from billing.plans.plans import read_plan
from billing.rating.cdrs import read_blocks
from billing.rating.tariff import read_tariff
from billing.stripe.stripe_edge import Stripe
from compliance.law.check import encoded
from compliance.ledgers import consents, oppositions, tabular
from store.base.errors import DecrocheError
from tests.security.fuzz.mutants import bent, bent_json

EXAMPLES = Path(__file__).parents[3] / "agents/examples"


@dataclass(frozen=True)
class Target:
    """`read` takes broken bytes and a folder to lay them in; nothing but a DecrocheError may come of it.

    `share`: of the seconds that all have; a slow reader is tried less often in a second, and as often in all.
    """

    name: str
    seeds: Sequence[bytes]
    read: Callable[[bytes, Path], object]
    bend: Callable[[Random, Sequence[bytes]], bytes] = bent


SMALL_AGENT = """\
id: petit
name: Petit
language: fr
direction: inbound
purpose: service
company: {name: Acme}
greeting: "Acme, bonjour."
disclosure: "Je suis Louise, une intelligence artificielle."
hours: {mon: "9:00-12:00, 14:00-18:00", sat: "9:30-12:30"}
facts:
  - {id: hours, about: [horaires, ouvert], say: "Nous sommes ouverts {hours}."}
hotwords: [Louise]
tools: [book, message, hangup]
human: {name: Bob, number: "+33478000002"}
scenario:
  start: a
  slots:
    nom: {type: name}
    jour: {type: date}
    taille: {type: number, min: 1, max: 9, ask: "Combien ?"}
    projet: {type: choice, choices: {achat: [acheter], vente: [vendre]}}
  steps:
    - {id: a, ask: "Votre nom, et quel jour ?", fill: [nom, jour], next: b}
    - id: b
      do: book
      args: {name: "{nom}", day: "{jour}", time: "10:00", minutes: "30"}
      results: {done: c, taken: a}
    - {id: c, say: "Merci.", end: true}
"""
CONVERSATIONS = """\
agent: agent.yaml
conversations:
  - name: horaires
    turns: [{caller: "Vous ouvrez quand ?", says: "neuf heures"}]
  - name: rendez-vous
    turns: [{caller: "Un rendez-vous", does: book}]
"""
TARIFF = b"""\
currency = "EUR"
decimals = 4
[bundle]
seconds = 100
prefixes = ["+33"]
[[rate]]
prefix = "+33"
price_per_minute = "0.60"
connection_fee = "0.05"
initial_seconds = 30
increment_seconds = 1
[[rate.window]]
days = ["sat", "sun"]
from = "08:00"
to = "20:00"
price_per_minute = "0.10"
"""
PLAN = b'title = "Accueil"\nmonthly_price = "49.00"\n[[option]]\nname = "num"\nmonthly_price = "5.00"\n'
CDRS = b"""\
call_id,direction,caller,callee,answered_at,ended_at
a1,outbound,+33162001234,+33612345678,2026-10-06T08:00:00Z,2026-10-06T08:01:00Z
a2,inbound,+33612345678,+33162001234,,2026-10-06T08:01:00+02:00
"""
CONSENTS = (
    "numéro;personne;professional;goods;how;wording;evidence;given_at\n"
    "+33612345678;Zoé;Acme;fenêtres;web;J'accepte;form 12;01/10/2026\n0612345679;;Acme;x;paper;oui;p;2026-10-02\n"
).encode()
OPPOSED = "number;how;opposed_at\n+33612345678;call;01/10/2026 10:00\n06 12 34 56 79;mail;2026-10-02\n".encode("cp1252")
WITNESSES = b"call_id,answer,end,billable_seconds,disposition\na1,2026-10-06 08:00:00,2026-10-06 08:01:00,60,ANSWERED\n"
CASE = json.dumps({
    "id": "c1", "at": "2026-11-23T10:30:00+01:00", "to": "+33612345678", "caller_id": "+33162001234",
    "party": "consumer",
    "purpose": "canvassing", "automated": True, "postcode": "97410", "sector": "energy",
    "history": [{"at": "2026-11-20T10:30:00+01:00", "result": "no_answer"}],
    "consent": {"given_at": "2026-10-01T00:00:00Z", "expires_at": "2027-10-01T00:00:00Z"},
    "bloctel": {"checked_at": "2026-11-20T00:00:00Z", "listed": False}, "opposed_at": None,
}).encode()  # fmt: skip
CHANNEL = {
    "id": "c-1", "name": "PJSIP/trunk-00000001", "state": "Up", "caller": {"number": "+33612345678", "name": ""},
    "creationtime": "2026-11-22T22:05:00.123+0000", "language": "fr",
    "dialplan": {"context": "decroche-inbound", "exten": "+33162001234", "app_name": "Stasis", "app_data": "decroche"},
}  # fmt: skip
EVENTS = [
    json.dumps({"type": kind, "timestamp": "2026-11-22T22:05:01.000+0000", "channel": CHANNEL, **more}).encode()
    for kind, more in (
        ("StasisStart", {"args": ["inbound", "+33162001234"]}), ("ChannelStateChange", {}),
        ("ChannelDestroyed", {"cause": 16}),
        ("ChannelHangupRequest", {"cause": 17}), ("ChannelDtmfReceived", {"digit": "5"}),
        ("Dial", {"dialstatus": "ANSWER"}),
    )
]  # fmt: skip
ASKED = [
    b'{"do": "status"}', b'{"do": "place", "tenant": "acme", "agent": "a", "to": "+33612345678", "at": null}',
    b'{"do": "stop"}'
]  # fmt: skip
HEARD = [
    b'{"event": "MEDIA_MARK_PROCESSED", "correlation_id": "m1"}', b'{"event": "STATUS", "queue_length": 12}',
    b'{"event": "DTMF_END", "digit": "5"}', b'{"event": "MEDIA_XOFF"}', b'{"event": "ERROR", "error_text": "x"}',
]  # fmt: skip
LEG = json.dumps({
    "uniqueid": "1.2", "source": "+33612345678", "destination": "+33162001234", "start": "2026-11-22 22:05:00",
    "answer": "2026-11-22 22:05:02", "end": "2026-11-22 22:06:00", "duration": "60", "billable_seconds": "58",
    "disposition": "ANSWERED", "last_application": "Stasis",
}).encode()  # fmt: skip
STRIPE = json.dumps({
    "id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "api_version": "2024-01-01",
    "data": {"object": {"id": "pi_1", "object": "payment_intent", "amount": 1200, "metadata": {"invoice": "1"}}},
}).encode()  # fmt: skip


def _laid(data: bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _agent(data: bytes, _: Path) -> object:
    return loads(data.decode("utf-8", "surrogateescape"), "x")


def _conversations(data: bytes, folder: Path) -> object:
    if not (folder / "agent.yaml").exists():
        (folder / "agent.yaml").write_text(SMALL_AGENT, encoding="utf-8")
    return read_suite(_laid(data, folder, "conversations.yaml"))


def _consents(data: bytes, folder: Path) -> object:
    at = consents.datetime.fromisoformat("2026-11-23T10:00:00+01:00")
    path = _laid(data, folder, "consents.csv")
    return tabular.take(path, consents.COLUMNS, consents.NEEDED, lambda _, row: consents.read(row, at), _count)


def _oppositions(data: bytes, folder: Path) -> object:
    path = _laid(data, folder, "opposed.csv")
    return tabular.take(path, oppositions.COLUMNS, {"number"}, lambda _, row: tabular.number(row), _count)


def _count(rows: Any) -> int:
    return sum(1 for _ in rows)


def _events(data: bytes, _: Path) -> object:
    """As the link is called: with what aioari decoded. A message it cannot use must not end it."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return None
    entered: list[Any] = []
    link = AriLink("http://127.0.0.1:1/", "u", "p", "decroche", entered.append)
    queue = link.watch("c-1") if len(data) % 2 else None
    link._dispatch(message)
    if queue is not None and not queue.empty():
        event = queue.get_nowait()
        life = Lifecycle(event.at)
        for one in told(event):
            life.apply(one)
        return life.outcome()
    return [arrival(one) for one in entered]


def _control(data: bytes, _: Path) -> object:
    async def answers(request: Any) -> Any:
        return {"to": str(request["to"])} if request["do"] == "place" else {}

    answer = asyncio.run(control._handle(data, dict.fromkeys(("status", "place", "stop"), answers)))
    assert json.dumps(answer, default=str)
    return answer


class _Silent:
    """A session that is never opened."""


def _media(data: bytes, _: Path) -> object:
    async def heard() -> int:
        media = Media(cast("Any", _Silent()), "ws://127.0.0.1:1/", "u", "p")
        media._control(data.decode("utf-8", "replace"))
        return media.events.qsize()

    return asyncio.run(heard())


def _legs(data: bytes, _: Path) -> object:
    try:
        leg = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(leg, dict):
        return None
    texts = {str(name): str(value) for name, value in leg.items()}  # AMI has nothing but texts
    return joined({name: texts.get(name, "") for name in json.loads(LEG)}, json.loads(LEG))


def _stripe(data: bytes, _: Path) -> object:
    at = str(int(time.time()))
    signed = hmac.new(b"whsec_x", at.encode() + b"." + data, hashlib.sha256).hexdigest()
    edge = Stripe("sk_test_x")
    try:
        return edge.event(data, f"t={at},v1={signed}", "whsec_x")
    finally:
        edge.close()


def _from(read: Callable[[Path], object], name: str) -> Callable[[bytes, Path], object]:
    return lambda data, folder: read(_laid(data, folder, name))


TARGETS = (
    Target("agent", [SMALL_AGENT.encode()], _agent),
    Target("conversations", [CONVERSATIONS.encode()], _conversations),
    Target("tariff", [TARIFF], _from(read_tariff, "t.toml")),
    Target("plan", [PLAN], _from(read_plan, "p.toml")),
    Target("calls", [CDRS], _from(lambda path: list(read_blocks(path)), "c.csv")),
    Target("consents", [CONSENTS], _consents),
    Target("oppositions", [OPPOSED], _oppositions),
    Target("witnesses", [WITNESSES], _from(read_witnesses, "w.csv")),
    Target("cases", [CASE], lambda data, _: list(encoded(data.splitlines())), bent_json),
    Target("ari", EVENTS, _events, bent_json),
    Target("control", ASKED, _control, bent_json),
    Target("media", HEARD, _media, bent_json),
    Target("legs", [LEG], _legs, bent_json),
    Target("stripe", [STRIPE], _stripe, bent_json),
)
EXPECTED = DecrocheError
