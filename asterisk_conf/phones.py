"""The phones that may register: those of the settings, and under `demo` the demonstration's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from store.base.errors import BadInput
from store.base.numbering import read
from store.base.secrets import secret
from store.base.settings import Settings
from store.tenants import check_slug

DEMO_CALLERS = 16
"""Softphones that can call at once in a demonstration or a bench: caller1 … caller16."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_TAKEN = {"trunk", "udp", "tcp", "tls", "media", "global", "system"}


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone: the name it registers under, its E.164 number, the name it shows.

    `tenant`: the client who pays for its calls, and whose limits hold for them; '' for one of the operator's own.
    """

    name: str
    number: str
    label: str
    tenant: str = ""

    def password(self, config: Settings) -> str:
        """Its SIP password, made on first use (`home/secrets/phone-NAME`)."""
        return secret(f"phone-{self.name}", of=config)


DEMO = (
    Phone("secretary", "+33199000001", "Secretariat"),
    Phone("patient", "+33639980100", "Patient"),
    *(Phone(f"caller{i}", f"+336399800{i:02}", f"Caller {i}") for i in range(1, DEMO_CALLERS + 1)),
)
"""Their numbers are from the ranges ARCEP keeps for fiction (01 99 00, 06 39 98)."""


def phones(config: Settings, *, demo: bool = False) -> list[Phone]:
    """The phones, each name and number once. Raises BadInput naming the entry that is wrong."""
    listed = [_phone(entry) for entry in config.asterisk.phones]
    everyone = [*listed, *(DEMO if demo else ())]
    for field in ("name", "number"):
        values = [getattr(phone, field) for phone in everyone]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice:
            raise BadInput(f"two phones have the {field} {twice}", hint="see asterisk.phones")
    return everyone


def _phone(entry: str) -> Phone:
    name, _, rest = entry.partition("=")
    number, at, tenant = rest.partition("@")
    found = read(number)
    if not _NAME.fullmatch(name) or name in _TAKEN or found is None or found.short or bool(at) != bool(tenant):
        raise BadInput(
            f"asterisk.phones: {entry!r} is not NAME=+33… or NAME=+33…@TENANT",
            hint="e.g. phones = ['desk=+33199001234@dentiste']",
        )
    if tenant:
        check_slug("tenant", tenant)
    return Phone(name, found.e164, name, tenant)
