"""`decroche kamailio`: files for Kamailio in front of several nodes."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import click

from store.base.console import HouseGroup, emit, err, json_option


@click.group(cls=HouseGroup)
def kamailio() -> None:
    """Kamailio in front of several nodes.

    \b
    Example: decroche kamailio render --out /etc/kamailio
    """


@kamailio.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to fill.")
@json_option
def render(out: Path, as_json: bool) -> None:
    """Write kamailio.cfg, dispatcher.list and address.list, from the settings (kamailio.*) and the trunks.

    Each node names this Kamailio in asterisk.proxies. A folder that holds another kamailio.cfg is refused.

    \b
    Example: decroche kamailio render --out /etc/kamailio/decroche
    """
    from asterisk_conf.kamailio.front import by_proxy, front, rendered
    from asterisk_conf.kamailio.writing import write
    from asterisk_conf.trunks import settings_trunk
    from store.base.settings import settings
    from store.setup import open_database
    from store.trunks import rows

    of = settings()
    with open_database(of) as db, db.service() as conn:
        trunks = rows.listed(conn)
    own = settings_trunk(of)
    told = front(of, [*([own] if own.matches else []), *trunks], addresses)
    files = write(rendered(told, out.absolute()), out)
    for trunk in trunks:
        if not by_proxy(trunk):
            err.print(f"trunk {trunk.name} comes to the nodes themselves: it registers, or speaks TLS")
    emit([{"file": path} for path in files], ["file"], as_json=as_json)


def addresses(host: str) -> Sequence[str]:
    """A host's IPv4 addresses."""
    try:
        return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None, socket.AF_INET)})
    except OSError:
        return []
