"""`decroche softphone`: call and answer by hand or from a program, and measure what a caller hears."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from store.base.console import NOT_NEGATIVE, POSITIVE, HouseGroup, err, json_option, out, to_json
from store.base.errors import BadInput
from store.base.settings import settings

if TYPE_CHECKING:
    from ari_app.softphone.phone import Event, SoftPhone
    from ari_app.softphone.report import CallReport
    from ari_app.softphone.script import Utterance


DECLINE = re.compile(r"[456]\d\d [\x20-\x7e]+")
"""A SIP status that turns a call down, and its reason phrase (RFC 3261, 21.4 to 21.6)."""


@click.group(cls=HouseGroup)
def softphone() -> None:
    """A telephone in software, to call agents and to be called by them.

    \b
    Example: decroche softphone call 0162000001 --play bonjour.wav --record heard.wav --json
    """


def _shared(command: Any) -> Any:
    """The options of both commands."""
    for option in reversed(
        [
            click.option("--play", default="", metavar="F.wav[,F2.wav…]", help="Recordings to say, in order."),
            click.option("--dtmf", default="", metavar="1,2", help="Keys to press after the recordings."),
            click.option("--record", type=click.Path(path_type=Path), help="Write what is heard here."),
            click.option("--record-stereo", type=click.Path(path_type=Path), help="Left: us; right: them."),
            click.option("--barge-in-after", type=NOT_NEGATIVE, metavar="MS",
                         help="Say the second recording over the agent, MS after its voice began."),
            click.option("--quiet", type=NOT_NEGATIVE, default=700.0, show_default=True,
                         help="Pause that ends a turn, ms."),
            click.option("--patience", type=POSITIVE, default=15_000.0, show_default=True,
                         help="Go on without a reply after this long, ms."),
            click.option("--farewell", type=NOT_NEGATIVE, default=4_000.0, show_default=True,
                         help="Silence before hanging up at the end, ms."),
            click.option("--echo-db", type=click.FloatRange(-60, 0), metavar="DB",
                         help="Send back what is heard, 250 ms later and so much quieter: a speakerphone's -20."),
            click.option("--max-seconds", type=POSITIVE, default=300.0, show_default=True,
                         help="Hang up after this long."),
            click.option("--server", default="", metavar="HOST[:PORT]", help="Another SIP server than ours."),
            click.option("--user", default="", help="Phone to register as."),
            click.option("--password-env", default="", metavar="NAME",
                         help="Environment variable that holds its password."),
            click.option("--bind", default="127.0.0.1", show_default=True, help="Our own address."),
            json_option,
        ]
    ):  # fmt: skip
        command = option(command)
    return command


@softphone.command()
@click.argument("number")
@_shared
def call(number: str, as_json: bool, **options: Any) -> None:
    """Dial NUMBER; speak each recording when the far end has fallen silent.

    Times are milliseconds, taken from RTP: `reply_ms` runs from our last voiced sample to the first
    voiced sample of the reply; `went_on_ms` from our first voiced sample to the agent's last.

    \b
    Example: decroche softphone call 0162000001 --play a.wav,b.wav --record heard.wav --json
    """
    script = _script(options)
    with _phone(options, "caller1", live=not as_json) as phone:
        report = phone.call(number, script, max_seconds=options["max_seconds"])
    _finish(report, options, as_json=as_json)


@softphone.command()
@_shared
@click.option("--timeout", type=POSITIVE, default=60.0, show_default=True, help="Seconds to wait for a call.")
@click.option("--ring-ms", type=NOT_NEGATIVE, default=0.0, show_default=True, help="Let it ring this long first.")
@click.option("--decline", default="", metavar="STATUS", help="Turn it down, e.g. '603 Decline'.")
def answer(as_json: bool, timeout: float, ring_ms: float, decline: str, **options: Any) -> None:
    """Wait for a call and answer it, then as `call`.

    \b
    Example: decroche softphone answer --user patient --play oui.wav --json
    """
    script = _script(options)
    if decline and not DECLINE.fullmatch(decline):
        raise BadInput(f"--decline {decline!r} is no SIP status and its reason", hint="--decline '486 Busy Here'")
    with _phone(options, "patient", live=not as_json) as phone:
        err.print("waiting for a call")
        report = phone.wait_for_call(
            script, timeout=timeout, ring_ms=ring_ms, decline=decline, max_seconds=options["max_seconds"]
        )
    _finish(report, options, as_json=as_json)


def _script(options: dict[str, Any]) -> list[Utterance]:
    for path in (options["record"], options["record_stereo"]):
        if path is not None and (path.is_dir() or not os.access(path.parent, os.W_OK)):  # known before the call
            raise BadInput(f"{path} cannot be written", hint="name a file in a folder you may write")
    from ari_app.softphone.report import read_wav
    from ari_app.softphone.script import Utterance

    files = [Path(name) for name in options["play"].split(",") if name]
    barge = options["barge_in_after"]
    if barge is not None and len(files) < 2:
        raise BadInput("--barge-in-after needs two recordings: the second is spoken over the reply to the first")
    keys = options["dtmf"].replace(",", "").replace(" ", "").upper()
    if not set(keys) <= set("0123456789*#ABCD"):
        raise BadInput(f"--dtmf {options['dtmf']}: keys are 0-9 * # A-D", hint="--dtmf 1,2")
    script = [
        Utterance(read_wav(file), "barge_in", barge, note=file.name)
        if barge is not None and index == 1
        else Utterance(read_wav(file), note=file.name)
        for index, file in enumerate(files)
    ]
    return [*script, Utterance(digits=keys, note=f"keys {keys}")] if keys else script


def _phone(options: dict[str, Any], default: str, *, live: bool) -> SoftPhone:
    from ari_app.softphone.phone import SoftPhone
    from ari_app.softphone.script import Manners

    manners = Manners(options["quiet"], options["patience"], options["farewell"], options["echo_db"])
    told = _print_event if live else None
    user = options["user"] or default
    if not options["server"] and not options["password_env"]:
        return SoftPhone.of(settings(), user, bind=options["bind"], on_event=told, manners=manners)
    password = os.environ.get(options["password_env"] or "DECROCHE_SIP_PASSWORD", "")
    if not password:
        raise BadInput("no password", hint="--password-env NAME, where NAME holds it")
    ours = settings().asterisk
    host, _, port = (options["server"] or f"{ours.bind}:{ours.sip_port}").partition(":")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise BadInput(f"--server {options['server']}: {port} is no port", hint="--server HOST[:PORT]")
    return SoftPhone(
        host,
        user,
        password,
        port=int(port or 5060),
        bind=options["bind"],
        on_event=told,
        manners=manners,
    )


def _print_event(event: Event) -> None:
    err.print(f"{max(0.0, event.at_ms) / 1000:8.2f} s  {event.kind.replace('_', ' ')}  {event.detail}", markup=False)


def _finish(report: CallReport, options: dict[str, Any], *, as_json: bool) -> None:
    if options["record"]:
        report.record(options["record"])
    if options["record_stereo"]:
        report.record_stereo(options["record_stereo"])
    facts = report.facts()
    if as_json:
        click.echo(to_json(facts))
    else:
        _print(facts)
    if not report.answered:
        raise SystemExit(1)


def _print(facts: dict[str, Any]) -> None:
    if facts["answered_ms"] is None:
        out.print(f"not answered: {facts['status']} {facts['reason']}")
        return
    out.print(f"answered after {facts['answered_ms']} ms; first voice {facts['first_voice_ms']} ms later")
    for said in facts["utterances"]:
        text = f"{said['note']}: reply after {said['reply_ms']} ms"
        if said["went_on_ms"] is not None:
            text += f"; the agent went on for {said['went_on_ms']} ms"
        out.print(text, markup=False)
    out.print(f"{facts['duration_ms'] / 1000:.1f} s, ended by {facts['ended_by']}")


if __name__ == "__main__":
    softphone()
