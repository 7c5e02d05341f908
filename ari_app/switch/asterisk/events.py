"""What Asterisk tells over ARI, and the same in the port's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast, get_args

from ari_app.switch.base import (
    PLACED,
    Answered,
    Arrival,
    Ended,
    Entered,
    Gone,
    HangupAsked,
    Held,
    Joined,
    Key,
    LegEvent,
    Made,
    Rung,
    Stray,
    TransferOutcome,
    Tried,
)
from asterisk_conf.trunks import trunk_of

GONE = "ChannelGone"
"""Our own event: the channel disappeared while the link was down."""

_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")


def asterisk_time(text: str) -> datetime:
    """ARI's "2026-11-22T22:05:00.123+0000" as aware UTC. Raises ValueError."""
    return datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """One ARI event about a channel; `at` is Asterisk's own time (aware, UTC)."""

    type: str
    channel_id: str
    at: datetime
    data: dict[str, Any] = field(repr=False, default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Entry:
    """A channel that nobody watches entered our Stasis application."""

    channel_id: str
    args: tuple[str, ...]
    caller: str
    name: str
    at: datetime
    created_at: datetime
    state: str
    language: str


def told(event: ChannelEvent) -> Iterator[LegEvent]:
    """What an ARI event says of a leg: nothing, one thing, or several."""
    at, data = event.at, event.data
    channel: Mapping[str, Any] = data.get("channel", {})
    if created := channel.get("creationtime"):
        yield Made(asterisk_time(created))
    match event.type:
        case "ChannelStateChange" if channel.get("state") == "Up":
            yield Answered(at)
        case "StasisStart":
            if channel.get("state") == "Up":
                yield Answered(at)
            yield Entered(at, _outcome([*data.get("args", ()), "", ""]))
        case "ChannelDtmfReceived":
            yield Key(at, str(data.get("digit", "")))
        case "ChannelHold" | "ChannelUnhold":
            yield Held(at, event.type == "ChannelHold")
        case "Dial" if data.get("dialstatus") == "ANSWER":
            yield Joined(at)
        case "Dial" if not data.get("dialstatus"):
            yield Rung(at)
        case "ChannelHangupRequest":
            yield HangupAsked(at, data.get("cause"))
        case "ChannelDestroyed":
            yield Ended(at, data.get("cause"))
        case "ChannelGone":
            yield Gone(at)
        case _:
            pass


def _outcome(args: list[Any]) -> TransferOutcome:
    """How a transfer ended, of the arguments with which the dialplan gives the channel back."""
    known = args[0] == "transfer" and args[1] in get_args(TransferOutcome)
    return cast("TransferOutcome", args[1]) if known else "returned"


def arrival(entry: Entry) -> Arrival | None:
    """What an entry means; None: it is a channel of our own making, as the media's."""
    leg, caller, at = entry.channel_id, entry.caller, entry.created_at
    match entry.args:
        case ("inbound", dialled):
            return Arrival(leg, "inbound", caller, dialled, at, trunk=_trunk(entry.name))
        case ("person", call, dialled):
            return Arrival(leg, "person", caller, dialled, at, call=call, at=entry.at)
        case ("phone", phone, dialled):
            return Arrival(leg, "phone", caller, dialled, at, phone)
        case ("inbound" | "transfer", *_, dialled):
            return Arrival(leg, "returned", caller, dialled, at)
        case ("outbound", *_):
            return Arrival(leg, "outbound", caller, _dialled(entry.name), at)
        case _:
            return None


def stray(channel: Mapping[str, Any], app: str) -> Stray | None:
    """The stray that a channel of Asterisk's list is, or None: media, other applications, phones talking together."""
    channel_id, where = str(channel["id"]), channel.get("dialplan", {})
    inside = where.get("app_name") == "Stasis" and str(where.get("app_data", "")).startswith(app)
    if "-media-" in channel_id or is_person(channel, app) or not (inside or channel_id.endswith(PLACED)):
        return None
    return Stray(
        channel_id,
        "outbound" if channel_id.endswith(PLACED) else "inbound",
        str(channel.get("caller", {}).get("number", "")),
        _dialled(str(channel.get("name", ""))) or str(where.get("exten", "")),
        asterisk_time(channel["creationtime"]),
        channel.get("state") == "Up",
    )


def is_person(channel: Mapping[str, Any], app: str) -> bool:
    """Somebody whom `consult` rang, who is with us and not with the caller."""
    where = channel.get("dialplan", {})
    return where.get("app_name") == "Stasis" and str(where.get("app_data", "")).startswith(f"{app},person,")


def _trunk(name: str) -> str:
    """The trunk whose channel that is: "PJSIP/trunk.ovh-00000001"; "" for a phone's."""
    return trunk_of(name.removeprefix("PJSIP/").rpartition("-")[0]) if name.startswith("PJSIP/") else ""


def tried(event: Mapping[str, Any]) -> Tried:
    """The trunk's part in a call, by the dialplan's event (instants in ms since 1970). Raises KeyError, ValueError."""
    since, until = _instant(event["Since"]), _instant(event["Until"])
    answered = _instant(event["Answered"]) if event.get("Answered") else None
    cause = int(event.get("Cause") or 0)
    ended = max(until, answered or since)
    return Tried(str(event["Trunk"]), since, answered, ended, min(max(cause, 0), 127), str(event.get("Outcome") or ""))


def _instant(ms: str) -> datetime:
    return datetime.fromtimestamp(int(ms) / 1000, UTC)


def _dialled(name: str) -> str:
    """The number in the name of a channel that we placed: "Local/+33612345678@decroche-outbound-00000001;1"."""
    number = name.removeprefix("Local/").partition("@")[0]
    return number if number.startswith("+") else ""
