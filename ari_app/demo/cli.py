"""`decroche demo`: what `scripts/demo` runs once everything is installed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from pkgutil import resolve_name
from types import FrameType
from typing import Any

import click
from rich.console import Console

from store.base.console import to_json
from store.base.errors import BadInput


def _free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def private_home() -> Path:
    """A home and ports of its own: the demonstration touches nothing of a service that runs here."""
    home = Path(tempfile.mkdtemp(prefix="decroche-demo-"))
    os.environ["DECROCHE_HOME"] = str(home)
    os.environ["DECROCHE_ASTERISK__SIP_PORT"] = str(_free_port(socket.SOCK_DGRAM))
    os.environ["DECROCHE_ASTERISK__HTTP_PORT"] = str(_free_port(socket.SOCK_STREAM))
    os.environ["DECROCHE_ASTERISK__AMI_PORT"] = str(_free_port(socket.SOCK_STREAM))
    from store.base.settings import settings

    settings.cache_clear()
    return home


@click.command()
@click.option(
    "--lang",
    "language",
    type=click.Choice(["fr", "en"]),
    default="fr",
    show_default=True,
    help="Language of both calls.",
)
@click.option("--out", "out", type=click.Path(path_type=Path), default=Path("demo-output"), show_default=True,
              help="Where recordings, pictures and facts go.")  # fmt: skip
@click.option("--campaign", "as_campaign", is_flag=True,
              help="Instead: a campaign calls twelve telephones of this machine, in French.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the facts as one JSON object, and nothing else.")
@click.option(
    "--keep", is_flag=True, help="Leave its private home (database, logs) for a look; a failure leaves it too."
)
@click.option(
    "--web", is_flag=True, help="Then serve the clients' site over these calls, with an account for each role."
)
def demo(language: str, out: Path, as_campaign: bool, as_json: bool, keep: bool, web: bool) -> None:
    """Two real calls over SIP and RTP on this machine, printed as they go, and one that the law refuses.

    With --web the calls are then looked at in a browser: the address and an account for each role, with its password,
    are printed once, and the site is served until Ctrl-C.

    \b
    Example:
      decroche demo --lang en --json
      decroche demo --web
      decroche demo --campaign
    """
    if web and as_json:
        raise BadInput("--web serves until Ctrl-C: --json has no end to print at", hint="one of the two")
    signal.signal(signal.SIGTERM, _stopped)
    console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False, markup=False)
    out.mkdir(parents=True, exist_ok=True)
    home = private_home()
    try:
        from ari_app.demo.play import Demo
        from ari_app.demo.seed import TENANT
        from store.base.settings import settings

        if as_campaign:
            from ari_app.demo.campaign import CampaignDemo

            facts = CampaignDemo(settings(), out, console).run()
        else:
            facts = Demo(settings(), language, out, console).run()
        if web:
            if not as_campaign:
                _print(console, facts, out)
            resolve_name("portal.demonstration:serve")(settings(), TENANT, console.print)  # the floor above, by name
            return
    except Exception:
        keep = True  # what the message points to must be there to be read
        raise
    finally:
        _tidy(home, keep=keep, console=console)
    name = "facts-campaign.json" if as_campaign else f"facts-{language}.json"
    (out / name).write_text(to_json(facts) + "\n", encoding="utf-8")
    if as_json:
        click.echo(to_json(facts))
    elif not as_campaign:
        _print(console, facts, out)


def _stopped(number: int, _frame: FrameType | None) -> None:
    """Being told to stop leaves nothing running: what was started is tidied on the way out."""
    sys.exit(128 + number)


@contextmanager
def _undisturbed() -> Generator[None]:
    """Stopping takes a second: another Ctrl-C in it must not leave half of what was started running."""
    signals = (signal.SIGINT, signal.SIGTERM)
    old = [signal.signal(number, signal.SIG_IGN) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, old, strict=True):
            signal.signal(number, handler)


def _tidy(home: Path, *, keep: bool, console: Console) -> None:
    from ari_app.service import background
    from store.base.settings import settings

    with _undisturbed():
        background.stop(settings(), now=True, say=lambda _: None)
    if keep:
        console.print(f"kept: {home}", style="dim")
    else:
        shutil.rmtree(home, ignore_errors=True)


def _print(console: Console, facts: dict[str, Any], out: Path) -> None:
    from ari_app.demo.show import table

    table(console, facts)
    booking = facts["booking"]
    if booking:
        console.print(f"\nbooking: {booking['name']}, {booking['starts_at']}, {booking['phone']}, {booking['status']}")
    for name in ("inbound", "outbound"):
        for kind, path in facts[name]["files"].items():
            console.print(f"{name} {kind}: {path}", soft_wrap=True)
    console.print(f"facts: {out / ('facts-' + facts['language'] + '.json')}")
    console.print(f"talking {facts['talking_after_seconds']} s after the start", style="dim")
