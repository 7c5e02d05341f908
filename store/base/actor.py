"""Who did it: the person, key or part of the service in whose name an operation runs."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Kind = Literal["cli", "api", "person", "service"]
"""The door an act came through: the command line, an API key, a signed-in person, or the house itself."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `tenant_id` None: the operator or the house, who act for any tenant. `role`: what they may do there."""

    kind: Kind
    name: str
    tenant_id: UUID | None = None
    role: str = ""

    def __str__(self) -> str:
        """As the audit log and the `by` columns keep it: "cli:root", "service:rounds"."""
        return f"{self.kind}:{self.name}"


def service(part: str) -> Actor:
    """A part of the house that acts by itself: "rounds", "calls", "stripe"."""
    return Actor("service", part)


def typing_now() -> Actor:
    """Who types this command: the account the kernel names, never $LOGNAME or $USER, which anybody may set.

    Behind sudo the person's own account stands first: "cli:claire (root)". An account without a name, as in a
    container, is told by its number: "cli:uid 54321".
    """
    acting = _account(os.getuid())
    behind = os.environ.get("SUDO_UID", "")
    if os.getuid() == 0 and behind.isdecimal() and int(behind) != 0:
        return Actor("cli", f"{_account(int(behind))} ({acting})", role="operator")
    return Actor("cli", acting, role="operator")


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
