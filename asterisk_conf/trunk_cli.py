"""`decroche trunk`: the operator's trunks. A change is told to Asterisk at once, and no call is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args

import click

from asterisk_conf.applying import State, ask, states, use_trunks
from asterisk_conf.server import Asterisk
from asterisk_conf.trunks import settings_trunk
from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, err, json_option, progress
from store.base.errors import Unavailable
from store.base.settings import settings
from store.cli import operator_session
from store.db import Conn
from store.trunks import legs, rows
from store.trunks.checking import (
    CODECS,
    OPTIONS,
    PRIORITY,
    FormatIn,
    FormatOut,
    Identity,
    Srtp,
    Transport,
    Trunk,
    at,
)

_COLUMNS = ["name", "address", "transport", "srtp", "priority", "weight", "state", "calls", "answered", "mean s"]
_TEST_COLUMNS = ["trunk", "address", "reachable", "answer_ms", "registration", "expires", "detail"]


class TrunkDown(Unavailable):
    """A trunk does not answer, or does not know us."""

    code = "trunk_down"


@click.group(cls=HouseGroup)
def trunk() -> None:
    """Trunks: the operator's ways to other networks.

    \b
    Example: decroche trunk add ovh --host sip.example.fr --user 0033162001234 --register --password-file pw
    """


@trunk.command("add")
@click.argument("name")
@click.option("--host", required=True, metavar="HOST[:PORT]", help="Where it is reached.")
@click.option("--transport", type=click.Choice(get_args(Transport)), default="udp", show_default=True, help="SIP by.")
@click.option("--srtp", type=click.Choice(get_args(Srtp)), default="off", show_default=True,
              help="Encrypted audio (SDES); `require` refuses calls in clear.")  # fmt: skip
@click.option("--user", default="", help="Account it knows us by (digest).")
@click.option("--password-file", type=click.File(encoding="utf-8"), help="File with its password; -: standard input.")
@click.option("--register", is_flag=True, help="Register there, so that calls come to wherever we are.")
@click.option("--domain", default="", help="Domain in From; our address otherwise.")
@click.option("--match", "matches", multiple=True, metavar="ADDRESS", help="Where its calls come from; HOST otherwise.")
@click.option("--codec", "codecs", multiple=True, type=click.Choice(CODECS), help="Codecs, in order; all otherwise.")
@click.option("--priority", type=click.IntRange(0, 1000), default=PRIORITY, show_default=True, help="Lowest first.")
@click.option("--weight", type=click.IntRange(1, 1000), default=1, show_default=True, help="Share within a priority.")
@click.option("--channels", type=click.IntRange(0, 100_000), default=0, help="Calls at once, both ways; 0: any number.")
@click.option("--cps", type=click.IntRange(0, 1000), default=0, help="Calls out in any second; 0: any number.")
@click.option("--shows", multiple=True, metavar="PREFIX", help="Numbers it may show, as +33162; all otherwise.")
@click.option("--format-out", type=click.Choice(get_args(FormatOut)), default="e164", show_default=True,
              help="Numbers sent as +33…, 33…, 0… or 0033….")  # fmt: skip
@click.option("--format-in", type=click.Choice(get_args(FormatIn)), default="auto", show_default=True,
              help="`plain`: it writes E.164 without its plus.")  # fmt: skip
@click.option("--identity", type=click.Choice(get_args(Identity)), default="pai", show_default=True,
              help="P-Asserted-Identity, P-Preferred-Identity, or From alone.")  # fmt: skip
@click.option("--options", "options_seconds", type=click.IntRange(0, 3600), default=OPTIONS, show_default=True,
              help="Seconds between two OPTIONS; 0: it is never asked.")  # fmt: skip
@json_option
def trunk_add(
    name: str, host: str, user: str, password_file: Any, register: bool, as_json: bool, **given: Any
) -> None:  # fmt: skip
    """Add a trunk. Its password is read from a file, or asked for, and kept in a file of mode 0600.

    \b
    Example: decroche trunk add sfr --host 192.0.2.7:5060 --priority 20 --channels 30 --shows +33162
    """
    password = ""
    if user:
        password = (
            password_file.read().strip() if password_file else click.prompt("password", hide_input=True, err=True)
        )
    lists = {key: list(given[key]) for key in ("matches", "shows")}
    wanted = replace(
        at(name, host), username=user, registers=register, **{**given, **lists, "codecs": given["codecs"] or CODECS}
    )
    server = _server()
    with operator_session() as conn:
        made = rows.add(conn, wanted, password=password, of=settings(), by=typing_now())
        _tell(server, conn)  # what Asterisk cannot live with is not kept in the database either
    _show([_row(made, None, None)], as_json=as_json)


@trunk.command("list")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="Quality over so many days.")
@json_option
def trunk_list(days: int, as_json: bool) -> None:
    """Every trunk in the order of trying: its state, the share of calls answered, and how long those lasted (s).

    \b
    Example: decroche trunk list --json
    """
    server = _server()
    with operator_session() as conn:
        _tell(server, conn)
        known = _all(conn)
        quality = legs.qualities(conn, datetime.now(UTC) - timedelta(days=days))
    now = states(server) if server.pid() is not None else {}
    _show([_row(each, now.get(each.name), quality.get(each.name)) for each in known], as_json=as_json)


@trunk.command("show")
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="Quality over so many days.")
@json_option
def trunk_show(name: str, days: int, as_json: bool) -> None:
    """One trunk: all that it was given, its state, and its quality.

    \b
    Example: decroche trunk show ovh
    """
    server = _server()
    with operator_session() as conn:
        found = next((each for each in _all(conn) if each.name == name), None) or rows.get(conn, name)
        quality = legs.qualities(conn, datetime.now(UTC) - timedelta(days=days)).get(name)
    now = states(server).get(name) if server.pid() is not None else None
    row = _row(found, now, quality)
    if as_json:
        emit([row], [], as_json=True)
        return
    facts = [{"what": key.replace("_", " "), "is": _words(value)} for key, value in row.items()]
    emit(facts, ["what", "is"], as_json=False)


@trunk.command("test")
@click.argument("name", required=False)
@json_option
def trunk_test(name: str | None, as_json: bool) -> None:
    """Ask a trunk, or each, now: OPTIONS and how soon it answers, and whether we are registered. Exit status 5: not.

    \b
    Example: decroche trunk test ovh --json
    """
    server = _server()
    with operator_session() as conn:
        _tell(server, conn)
        asked = [each for each in _all(conn) if name in (None, each.name)] or [rows.get(conn, name or "")]
    with progress(len(asked), what="asking") as bar:
        found: list[dict[str, Any]] = []
        for each in asked:
            found.append(_asked(server, each))
            bar.advance(bar.task_ids[0])
    emit(found, _TEST_COLUMNS, as_json=as_json, empty="no trunk yet: decroche trunk add")
    if down := [row["trunk"] for row in found if row["reachable"] is not True or row["detail"]]:
        raise TrunkDown(f"{', '.join(down)}: no call leaves by it, or none comes", hint="decroche trunk show NAME")


@trunk.command("remove")
@click.argument("name")
@json_option
def trunk_remove(name: str, as_json: bool) -> None:
    """Take a trunk away, and its password. Calls in progress go on.

    \b
    Example: decroche trunk remove ovh
    """
    server = _server()
    with operator_session() as conn:
        gone = rows.remove(conn, name, of=settings(), by=typing_now())
        _tell(server, conn)
    _show([_row(gone, None, None)], as_json=as_json)


def _server() -> Asterisk:
    """As what runs was started: with the demonstration's phones, or without."""
    server = Asterisk(settings())
    server.demo = server.has_demo()
    return server


def _tell(server: Asterisk, conn: Conn) -> None:
    if use_trunks(server, rows.listed(conn)) and server.pid() is not None:
        err.print("told to Asterisk: no call was dropped")


def _all(conn: Conn) -> list[Trunk]:
    """Those of the database, the settings' first where there is one."""
    own = settings_trunk(settings())
    return [*([own] if own.host else []), *rows.listed(conn)]


def _asked(server: Asterisk, of: Trunk) -> dict[str, Any]:
    state = ask(server, of.name)
    detail = ""
    if state.reachable is not True:
        detail = f"no answer from {of.address} by {of.transport} within 2 s"
    elif of.registers and state.registration != "Registered":
        detail = f"not registered: {state.registration or 'no answer yet'}"
    return {**asdict(state), "address": of.address, "detail": detail}


def _row(of: Trunk, state: State | None, quality: legs.Quality | None) -> dict[str, Any]:
    return {
        **asdict(of), "address": of.address, "state": _said(of, state),
        "registration": state.registration if state else "", "expires": state.expires if state else None,
        "calls": quality.tried if quality else 0, "answered": quality.answered if quality else 0,
        "failed": quality.failed if quality else 0, "inbound": quality.inbound if quality else 0,
        "answer_ratio": quality.answer_ratio if quality else None,
        "mean_seconds": quality.mean_seconds if quality else None,
    }  # fmt: skip


def _said(of: Trunk, state: State | None) -> str:
    if state is None:
        return ""
    if of.registers and state.registration != "Registered":
        return "unregistered"
    return {True: "up", False: "down", None: ""}[state.reachable] or ("up" if of.registers else "not asked")


def _show(found: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        emit(found, [], as_json=True)
        return
    shown = [
        {**row, "answered": "" if row["answer_ratio"] is None else f"{row['answer_ratio']:.0%}",
         "mean s": row["mean_seconds"]}
        for row in found
    ]  # fmt: skip
    emit(shown, _COLUMNS, as_json=False, empty="no trunk yet: decroche trunk add")


def _words(value: Any) -> Any:
    return ", ".join(map(str, cast("Sequence[Any]", value))) if isinstance(value, list | tuple) else value
