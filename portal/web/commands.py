"""`decroche portal` serves the pages and the API; `decroche api` prints what it promises."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from store.base.console import HouseGroup, err, to_json
from store.base.errors import BadInput, Unavailable, reason

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from store.base.settings import Settings

BIND = "127.0.0.1:8096"


def address(text: str) -> tuple[str, int]:
    """(host, port) of HOST:PORT. Raises BadInput."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadInput(f"--bind {text!r} is no HOST:PORT", hint=f"such as {BIND}")
    return host.strip("[]"), int(port)


@contextmanager
def listening(host: str, port: int) -> Generator[socket.socket]:
    """A socket that listens there. Raises Unavailable."""
    try:
        opened = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise Unavailable(
            f"{host}:{port} cannot be listened on: {reason(error)}",
            hint="choose another with --bind",
            code="port_taken",
        ) from error
    with opened:
        yield opened


@click.command()
@click.option("--bind", default="", metavar="HOST:PORT",
              help="Where it listens; portal.bind when not given. Browsers come by a proxy with TLS.")  # fmt: skip
@click.option("--operator-bind", default="", metavar="HOST:PORT",
              help="Also serve the operator's own site there, in a process of its own.")  # fmt: skip
@click.option("--operator-only", is_flag=True, help="Only the operator's site, without the clients'.")
def portal(bind: str, operator_bind: str, operator_only: bool) -> None:
    """Serve the clients' site and API in the foreground, until interrupted.

    The operator's site is for people added with --role admin or support; it alone holds the operator's access to the
    database, so it runs beside, and is bound where clients cannot come.

    \b
    Example: decroche portal --bind 127.0.0.1:8096 --operator-bind 127.0.0.1:8095
    """
    from store.base.settings import settings

    if operator_only and not operator_bind:
        raise BadInput("--operator-only: where does it listen?", hint="--operator-bind 127.0.0.1:8095")
    of = settings()
    if operator_only:
        with listening(*address(operator_bind)) as opened:
            _serve_operator(of, operator_bind, opened)
        return
    bind = bind or of.portal.bind
    with listening(*address(bind)) as opened, _beside(operator_bind):
        serve_clients(of, bind, opened)


def serve_clients(of: Settings, bind: str, opened_on: socket.socket) -> None:
    """The clients' site and API on a socket, until interrupted."""
    from portal.chat.house import open_chat
    from portal.door import open_portal
    from portal.web.app import make_app
    from store.base.logs import set_up_logs

    set_up_logs(of, name="portal")
    with ExitStack() as open_:
        opened = open_.enter_context(open_portal(of))
        chat = open_.enter_context(open_chat(of, opened.sense)) if of.chat.serve else None
        _run(make_app(opened, chat=chat), bind, opened_on)


def _serve_operator(of: Settings, bind: str, opened_on: socket.socket) -> None:
    from portal.door import open_portal
    from portal.web.operator.site import make_operator_app
    from store.base.logs import set_up_logs
    from store.setup import open_database

    set_up_logs(of, name="portal-operator")
    with open_database(of) as db, open_portal(of) as opened:
        _run(make_operator_app(opened, db), bind, opened_on)


def _run(app: Starlette, bind: str, opened: socket.socket) -> None:
    import uvicorn

    os.nice(5)  # calls come first
    host, port = address(bind)
    err.print(f"http://{bind} — Ctrl-C ends it", markup=False)
    server = uvicorn.Server(
        uvicorn.Config(app, host, port, log_config=None, access_log=False, server_header=False,
                       proxy_headers=True, forwarded_allow_ips="127.0.0.1", timeout_graceful_shutdown=5,
                       limit_concurrency=200, h11_max_incomplete_event_size=32 * 1024)
    )  # fmt: skip
    server.run([opened])


@contextmanager
def _beside(operator_bind: str) -> Generator[None]:
    """The operator's site in a process of its own while the body runs; none where no address is given."""
    if not operator_bind:
        yield
        return
    with listening(*address(operator_bind)):  # a port that is taken is told now, by this process
        pass
    command = [sys.executable, "-c", _CHILD, "portal", "--operator-only", "--operator-bind", operator_bind]
    child = subprocess.Popen(command)
    try:
        yield
    finally:
        child.terminate()
        child.wait()


_CHILD = "from ari_app.cli import main; main()"


@click.group(cls=HouseGroup)
def api() -> None:
    """The API for clients' systems.

    \b
    Example: decroche api openapi
    """


@api.command("openapi")
def openapi() -> None:
    """The API's contract: OpenAPI 3.1, as JSON.

    \b
    Example: decroche api openapi > openapi.json
    """
    from portal.api.app import contract

    click.echo(to_json(contract()))
