"""What fail2ban needs to shut out who guesses passwords at the SIP door: a filter of Asterisk's log, and a jail. Pure.

Asterisk's security log names the address of every failed proof (`res_security_log`). What the sender wrote (account,
Call-ID, challenge) stands in the same line: no name may pass for an address. The trunk's peers are never shut out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

NAMES = ("fail2ban-filter.conf", "fail2ban-jail.conf")
"""Files for /etc/fail2ban/filter.d/decroche-sip.conf and /etc/fail2ban/jail.d/decroche-sip.conf."""

_FIELD = r'(?:,\w+="(?:[^"\\]|\\.)*")'
_ADDRESS = r"IPV[46]/(?:UDP|TCP|TLS|WS|WSS)/"

FAILREGEX = (
    r"^\s*SECURITY\[\d+\]\s+res_security_log\.c:\s+"
    r'SecurityEvent="(?:FailedACL|InvalidAccountID|InvalidPassword|ChallengeResponseFailed)",'
    rf'.*,LocalAddress="{_ADDRESS}[^"]+",RemoteAddress="{_ADDRESS}\[?<HOST>\]?/\d+"{_FIELD}*$'
)
"""A failed proof, and whose it is.

Asterisk does not escape quotes: a Call-ID may hold a whole `RemoteAddress="…"` of its sender's making. It stands
before the true one, so the last is taken. What stands after (challenge, response) came as quoted strings of RFC 3261,
in which a quote keeps its backslash, so it cannot close a field.
"""

DATEPATTERN = r"^\[%%Y-%%m-%%dT%%H:%%M:%%S(?:\.%%f)?\]"

TRIES, WITHIN, SHUT = 5, "10m", "1h"
"""Failed proofs that shut an address out: how many, in what time, for how long."""


def fail2ban(log: Path, never: Sequence[str]) -> dict[str, str]:
    """The two files, by name. `log`: Asterisk's log with its `security` lines; `never`: addresses that stay welcome."""
    return {
        NAMES[0]: (
            "# Written by `decroche asterisk render`, for /etc/fail2ban/filter.d/decroche-sip.conf\n[Definition]\n"
            f"failregex = {FAILREGEX}\nignoreregex =\ndatepattern = {DATEPATTERN}\n"
        ),
        NAMES[1]: (
            "# Written by `decroche asterisk render`, for /etc/fail2ban/jail.d/decroche-sip.conf\n[decroche-sip]\n"
            f"enabled = true\nfilter = decroche-sip\nbackend = auto\nlogpath = {log}\n"
            f"maxretry = {TRIES}\nfindtime = {WITHIN}\nbantime = {SHUT}\nbanaction = %(banaction_allports)s\n"
            f"ignoreip = {' '.join(dict.fromkeys(['127.0.0.1/8', '::1', *never]))}\n"
        ),
    }
