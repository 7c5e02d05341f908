"""Can Asterisk listen where it is told to? If not: which port, and whose, or which address is not this machine's."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import psutil

from store.base.errors import BadInput, Unavailable
from store.base.settings import AsteriskSettings


class PortTaken(Unavailable):
    """Another process listens on a port Asterisk needs."""

    code = "port_taken"
    retryable = False


class NotOurAddress(BadInput):
    """Asterisk is told to listen on an address this machine does not have."""

    code = "not_our_address"


def named_ports(asterisk: AsteriskSettings) -> str:
    """The ports that Asterisk listens on, in a line."""
    of = asterisk
    return f"SIP {of.sip_port}, HTTP {of.http_port}, AMI {of.ami_port}, RTP {of.rtp_first}-{of.rtp_last}"


def check_ports(asterisk: AsteriskSettings) -> None:
    """Raises PortTaken or NotOurAddress for the first that cannot be listened on; the hint names the setting."""
    for kind, address, port, setting in _needed(asterisk):
        number = _refusal(kind, address, port)
        if not number:
            continue
        if number == errno.EADDRNOTAVAIL:
            raise NotOurAddress(
                f"asterisk.bind {address} is not an address of this machine ({', '.join(_addresses())} are)",
                hint="set asterisk.bind (DECROCHE_ASTERISK__BIND) to one of those, or to 0.0.0.0 for all",
            )
        name = "TCP" if kind == socket.SOCK_STREAM else "UDP"
        setting_told = f"asterisk.{setting} (DECROCHE_ASTERISK__{setting.upper()})"
        if number == errno.EACCES:
            raise PortTaken(
                f"{name} port {port} on {address} is kept for root", hint=f"set {setting_told} to 1024 or more",
                code="port_not_allowed",
            )  # fmt: skip
        raise PortTaken(
            f"{name} port {port} on {address} is taken{_owner(kind, port)}",
            hint=f"stop that process, or set {setting_told}",
        )


def _needed(asterisk: AsteriskSettings) -> Iterator[tuple[socket.SocketKind, str, int, str]]:
    yield socket.SOCK_DGRAM, asterisk.bind, asterisk.sip_port, "sip_port"
    yield socket.SOCK_STREAM, asterisk.bind, asterisk.sip_port, "sip_port"
    yield socket.SOCK_STREAM, "127.0.0.1", asterisk.http_port, "http_port"
    yield socket.SOCK_STREAM, "127.0.0.1", asterisk.ami_port, "ami_port"


def _refusal(kind: socket.SocketKind, address: str, port: int) -> int:
    """The errno with which the system refuses to listen there; 0 when it does not."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:  # a port left moments ago is free for Asterisk, which reuses it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno or errno.EADDRINUSE
    return 0


def _addresses() -> list[str]:
    """This machine's own IPv4 addresses."""
    found = psutil.net_if_addrs().values()
    return sorted({item.address for items in found for item in items if item.family == socket.AF_INET})


def _owner(kind: socket.SocketKind, port: int) -> str:
    """` by NAME (pid N)`, or nothing where the system does not tell us."""
    try:
        for connection in psutil.net_connections("tcp" if kind == socket.SOCK_STREAM else "udp"):
            local = connection.laddr
            if local and local.port == port and connection.pid and connection.status != "TIME_WAIT":
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except (psutil.Error, OSError):
        pass
    return ""
