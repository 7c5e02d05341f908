"""What the doctor sees of the trunks: which are lost, and which are told an address that no answer can come back to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address

from asterisk_conf.applying import State, states
from asterisk_conf.server import Asterisk
from asterisk_conf.trunks import EVERYWHERE, kept_trunks, settings_trunk
from store.base.findings import Finding, fail, ok, warn
from store.base.settings import Settings
from store.trunks.checking import Trunk


def trunks(of: Settings) -> Iterator[Finding]:
    """Each trunk as Asterisk was last told of it, and as Asterisk sees it now where it runs."""
    if not (of.home / "asterisk").is_dir():
        return
    own = settings_trunk(of)
    known = [*([own] if own.host else []), *kept_trunks(of)]
    server = Asterisk(of)
    now = states(server) if known and server.pid() is not None else None
    for each in known:
        if now is None:
            yield ok(f"trunk {each.name}", f"{each.address} by {each.transport}; Asterisk does not run")
        else:
            yield judged(each, now.get(each.name, State(each.name)))
        yield from private_address(of, each)


def judged(of: Trunk, state: State) -> Finding:
    """What a trunk's state means."""
    part, where = f"trunk {of.name}", f"{of.address} by {of.transport}"
    if of.registers and state.registration != "Registered":
        return fail(part, f"{where}: not registered ({state.registration or 'never was'}): no call comes by it",
                    f"decroche trunk test {of.name}; mend its account, or ask the operator")  # fmt: skip
    if state.reachable is False:
        return fail(part, f"{where}: does not answer OPTIONS within 2 s: calls leave by the next",
                    f"decroche trunk test {of.name}; is its address right, and the firewall open?")  # fmt: skip
    said = f"answers in {state.answer_ms:.0f} ms" if state.answer_ms else ""
    lasts = f"registered for {state.expires} s" if state.expires else ""
    return ok(part, "; ".join(filter(None, (where, said, lasts))))


def private_address(of: Settings, trunk: Trunk) -> Iterator[Finding]:
    """A trunk on the Internet that is told an address of a private network hears nothing, and is not heard."""
    ours = _advertised(of, trunk)
    if ours and offers_private(ours, _far(trunk)):
        yield warn(f"trunk {trunk.name} address", f"{trunk.address} is told {ours}, which it cannot reach",
                   "set asterisk.public_address to the address the NAT gives this machine")  # fmt: skip


def offers_private(ours: str, far: str) -> bool:
    """Whether `ours` is an address of a private network, and `far`, the trunk's, is not."""
    return bool(far) and ip_address(ours).is_private and ip_address(far).is_global


def _far(trunk: Trunk) -> str:
    """The trunk's IPv4 address; '' where no name server knows it."""
    try:
        return str(socket.getaddrinfo(trunk.host, trunk.port or 5060, socket.AF_INET, socket.SOCK_DGRAM)[0][4][0])
    except OSError:
        return ""


def _advertised(of: Settings, trunk: Trunk) -> str:
    """What we say of ourselves to the trunk; '' where there is no way to it."""
    if of.asterisk.public_address or of.asterisk.bind != EVERYWHERE:
        return of.asterisk.public_address or of.asterisk.bind
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((trunk.host, trunk.port or 5060))  # nothing is sent: the kernel chooses an address
            return str(probe.getsockname()[0])
    except OSError:
        return ""
