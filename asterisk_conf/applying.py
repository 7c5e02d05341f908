"""Tells a running Asterisk of its trunks, and asks it how they are. No call in progress is dropped by either."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from asterisk_conf.program import program
from asterisk_conf.server import Asterisk
from asterisk_conf.trunks import endpoint_name, endpoints, keep_trunks, kept_trunks, trunk_of
from store.base.errors import DecrocheError
from store.trunks.checking import Trunk

PJSIP = ("res_pjsip.so", "res_pjsip_endpoint_identifier_ip.so", "res_pjsip_outbound_registration.so")
"""Modules that read trunks: reloaded, they change what differs and leave channels as they are."""

ANSWER_SECONDS = 4.0
"""How long `ask` waits for a trunk's answer to OPTIONS: Asterisk itself gives up after 2 s, and then says so."""

_CONTACT = re.compile(
    r"^\s*Contact:\s+(\S+?)/(\S+)\s+\S+\s+(Avail|Unavail|NonQual|Unknown|Removed|Created)\s+(\S+)", re.M
)
_REGISTRATION = re.compile(
    r"^\s*(\S+?)/sip\S*\s+\S+\s+(Registered|Unregistered|Rejected|Stopped|Stopping)(?:\s+\(exp\. (\d+)s)?", re.M
)


@dataclass(frozen=True, slots=True)
class State:
    """A trunk as Asterisk sees it now.

    `reachable`: whether it answers OPTIONS, None where it is not asked or not known yet; `answer_ms`: how soon.
    `registration`: Registered, Unregistered, Rejected …, '' for one without; `expires`: seconds it still lasts.
    """

    trunk: str
    reachable: bool | None = None
    answer_ms: float | None = None
    registration: str = ""
    expires: int | None = None

    @property
    def why(self) -> str:
        """Why calls do not leave by it, or do not come; '' where nothing is known against it."""
        if self.registration not in ("", "Registered"):
            return f"not registered ({self.registration})"
        return "no answer to OPTIONS" if self.reachable is False else ""


def use_trunks(server: Asterisk, trunks: Iterable[Trunk]) -> bool:
    """These are the trunks beside the settings' own, from now on; False where they were already.

    Kept for the next start; told to Asterisk if it runs. Raises AsteriskDown, BadInput, SecretMissing.
    """
    before = kept_trunks(server.config)
    if not keep_trunks(server.config, trunks):
        return False
    try:
        endpoints(server.config, demo=server.demo)
        if server.pid() is not None:
            server.prepare(program(server.config))
            server.command(f"module reload {' '.join(PJSIP)}")
            server.command("dialplan reload")
    except DecrocheError:  # kept as told only once Asterisk has been told: it is tried again
        keep_trunks(server.config, before)
        raise
    return True


def states(server: Asterisk) -> dict[str, State]:
    """Every trunk's state by its name. Raises AsteriskDown."""
    contacts = {
        trunk_of(endpoint): (reached, answer)
        for endpoint, _, reached, answer in _CONTACT.findall(server.command("pjsip show contacts"))
    }
    registered = {
        trunk_of(endpoint): (state, seconds)
        for endpoint, state, seconds in _REGISTRATION.findall(server.command("pjsip show registrations"))
    }
    names = {name for name in (*contacts, *registered) if name}
    return {name: _state(name, contacts.get(name), registered.get(name)) for name in sorted(names)}


def ask(server: Asterisk, name: str) -> State:
    """The trunk's state, after it was asked by OPTIONS now. Raises AsteriskDown."""
    before = states(server).get(name, State(name))
    server.command(f"pjsip qualify {endpoint_name(name)}")
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        found = states(server).get(name, State(name))
        fresh = (found.reachable, found.answer_ms) != (before.reachable, before.answer_ms)
        if fresh or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def _state(name: str, contact: tuple[str, str] | None, registration: tuple[str, str] | None) -> State:
    reached, answer = contact or ("", "")
    state, seconds = registration or ("", "")
    reachable = {"Avail": True, "Unavail": False}.get(reached)
    return State(
        name, reachable, float(answer) if reachable and answer != "nan" else None, state,
        int(seconds) if seconds else None,
    )  # fmt: skip
