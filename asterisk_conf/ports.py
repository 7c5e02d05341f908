"""Are the ports free that Asterisk is told to use? If not: which one, and whose."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import psutil

from store.errors import Unavailable
from store.settings import AsteriskSettings


class PortTaken(Unavailable):
    """Another process listens on a port Asterisk needs."""

    code = "port_taken"
    retryable = False


def check_ports(asterisk: AsteriskSettings) -> None:
    """Raises PortTaken for the first port in use; the setting to change is in the hint."""
    for kind, address, port, setting in _needed(asterisk):
        if not _free(kind, address, port):
            name = "TCP" if kind == socket.SOCK_STREAM else "UDP"
            raise PortTaken(
                f"{name} port {port} on {address} is taken{_owner(kind, port)}",
                hint=f"stop that process, or set asterisk.{setting} (DECROCHE_ASTERISK__{setting.upper()})",
            )


def _needed(asterisk: AsteriskSettings) -> Iterator[tuple[socket.SocketKind, str, int, str]]:
    yield socket.SOCK_DGRAM, asterisk.bind, asterisk.sip_port, "sip_port"
    yield socket.SOCK_STREAM, asterisk.bind, asterisk.sip_port, "sip_port"
    yield socket.SOCK_STREAM, "127.0.0.1", asterisk.http_port, "http_port"
    yield socket.SOCK_STREAM, "127.0.0.1", asterisk.ami_port, "ami_port"


def _free(kind: socket.SocketKind, address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:  # a port left moments ago is free for Asterisk, which reuses it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


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
