"""What Kamailio in front of several nodes is told, from the settings and the trunks. Pure.

Three files: `kamailio.cfg`, what is done with a message; `dispatcher.list`, the nodes; `address.list`, whom a message
may come from. The last two are read again without a restart (`kamcmd dispatcher.reload`, `permissions.addressReload`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from store.base.errors import BadInput
from store.base.settings import Settings
from store.trunks.checking import Trunk

HERE = Path(__file__).parent

CARRIERS, NODES = 1, 2
"""The groups of `address.list`."""

ASKED_SECONDS = 2
"""Between two OPTIONS to each node; and how long one, or a call, waits for a node's first word."""


@dataclass(frozen=True, slots=True)
class Node:
    """One Asterisk and its service."""

    name: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Front:
    """All that the files are written from. `carriers`: (network, trunk), IPv4; `inside`: '' where one address does."""

    bind: str
    port: int
    public: str
    inside: str
    nodes: Sequence[Node]
    carriers: Sequence[tuple[str, str]]
    most_a_second: int


def by_proxy(trunk: Trunk) -> bool:
    """Whether its calls come by Kamailio: one that registers calls whoever has registered; TLS ends at the node."""
    return not trunk.registers and trunk.transport != "tls"


def front(config: Settings, trunks: Iterable[Trunk], resolve: Callable[[str], Sequence[str]]) -> Front:
    """The front of the settings. `resolve`: a host's IPv4 addresses, none where it has none.

    Raises BadInput: fewer than two nodes, one twice, no trunk, a peer without an address, one address of two trunks.
    """
    of = config.kamailio
    nodes = [_node(text) for text in of.nodes]
    if len({node.name for node in nodes}) < 2 or len({(node.host, node.port) for node in nodes}) < len(nodes):
        raise BadInput(
            "kamailio.nodes does not name two nodes, each with an address of its own",
            hint="nodes = ['paris=10.0.0.11', 'lyon=10.0.0.12']",
        )
    carriers = dict[str, str]()
    for trunk in trunks:
        for peer in trunk.peers if by_proxy(trunk) else ():
            for network in _networks(trunk.name, peer, resolve):
                if carriers.setdefault(network, trunk.name) != trunk.name:
                    raise BadInput(
                        f"calls from {network} may be of {carriers[network]} or of {trunk.name}",
                        hint="give each trunk addresses of its own: decroche trunk add --match",
                    )
    if not carriers:
        raise BadInput("no trunk comes by Kamailio", hint="decroche trunk add; one that registers or is TLS does not")
    return Front(of.bind, of.port, of.public_address, of.inside, nodes, sorted(carriers.items()), of.most_a_second)


def rendered(told: Front, folder: Path) -> dict[str, str]:
    """Each file's name and text; they will lie in `folder`."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701  the output is no HTML
        keep_trailing_newline=True,
    )
    values = {"told": told, "folder": folder, "carriers": CARRIERS, "nodes": NODES, "seconds": ASKED_SECONDS}
    return {
        "kamailio.cfg": environment.get_template("kamailio.cfg.j2").render(values),
        "dispatcher.list": "".join(_destination(told, node) for node in told.nodes),
        "address.list": "".join(
            [_address(CARRIERS, network, trunk) for network, trunk in told.carriers]
            + [_address(NODES, f"{node.host}/32", node.name) for node in told.nodes]
        ),
    }


def _node(text: str) -> Node:
    """Of NAME=ADDRESS:PORT, as the settings have checked it."""
    name, _, at = text.partition("=")
    host, _, port = at.partition(":")
    return Node(name, host, int(port))


def _networks(trunk: str, peer: str, resolve: Callable[[str], Sequence[str]]) -> list[str]:
    try:
        return [str(ip_network(peer, strict=False))]
    except ValueError:
        found = resolve(peer)
    if not found:
        raise BadInput(
            f"trunk {trunk}: {peer} has no IPv4 address", hint="name where its calls come from: --match ADDRESS"
        )
    return [f"{address}/32" for address in found]


def _destination(told: Front, node: Node) -> str:
    socket = f";socket=udp:{told.inside}:{told.port}" if told.inside else ""
    return f"{CARRIERS} sip:{node.host}:{node.port} 0 0 duid={node.name}{socket}\n"


def _address(group: int, network: str, tag: str) -> str:
    address, _, mask = network.partition("/")
    return f"{group} {address} {mask} 0 {tag}\n"
