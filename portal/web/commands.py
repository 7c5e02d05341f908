"""`decroche portal` serves the pages and the API; `decroche api` prints what it promises."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager

import click

from store.base.console import HouseGroup, err, to_json
from store.base.errors import BadInput, Unavailable, reason

BIND = "127.0.0.1:8096"


def address(text: str) -> tuple[str, int]:
    """(host, port) of HOST:PORT. Raises BadInput."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadInput(f"--bind {text!r} is no HOST:PORT", hint=f"such as {BIND}")
    return host.strip("[]"), int(port)


@contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket]:
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
def portal(bind: str) -> None:
    """Serve the clients' site and API in the foreground, until interrupted.

    \b
    Example: decroche portal --bind 127.0.0.1:8096
    """
    import os

    import uvicorn

    from portal.door import open_portal
    from portal.web.app import make_app
    from store.base.logs import set_up_logs
    from store.base.settings import settings

    of = settings()
    bind = bind or of.portal.bind
    host, port = address(bind)
    set_up_logs(of, name="portal")
    with _listening(host, port) as listening, open_portal(of) as opened:
        os.nice(5)  # calls come first
        err.print(f"http://{bind} — Ctrl-C ends it", markup=False)
        server = uvicorn.Server(
            uvicorn.Config(make_app(opened), host, port, log_config=None, access_log=False, server_header=False,
                           proxy_headers=True, forwarded_allow_ips="127.0.0.1", timeout_graceful_shutdown=5,
                           limit_concurrency=200, h11_max_incomplete_event_size=32 * 1024)
        )  # fmt: skip
        server.run([listening])


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
