"""The trunks Asterisk is told of: the settings' own first, then those of the database, kept beside its configuration.

The list is kept (`home/asterisk/trunks.json`, 0600, no password in it) so that Asterisk can be started without a
database; the service and `decroche trunk` write it anew when the rows change.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from ipaddress import ip_network
from pathlib import Path

from asterisk_conf.kamailio.front import by_proxy
from dialplan.ways import PASSED, Way
from store.base.errors import BadInput
from store.base.secrets import read_secret
from store.base.settings import Settings, loopback
from store.base.unprivileged import as_its_folder
from store.trunks.checking import OF_SETTINGS, Trunk, checked
from store.trunks.rows import secret_name

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""Debian's certificate authorities, by which a trunk's certificate is checked where the settings name no others."""

EVERYWHERE = "0.0.0.0"  # noqa: S104  what a bind to every address is written as

_STORED = {field.name for field in fields(Trunk)} - {"added_at"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A trunk as pjsip.conf has it. `contact` is '' where no call can leave by it; `password` as it is written there.

    `domain`: of what we say of ourselves.
    """

    trunk: Trunk
    name: str
    contact: str
    server: str
    password: str
    domain: str

    @property
    def by_proxy(self) -> bool:
        """Whether its calls may come by Kamailio in front of us."""
        return by_proxy(self.trunk)

    @property
    def addresses(self) -> list[str]:
        """Those of the addresses its calls come from that are no names."""
        return [peer for peer in self.trunk.matches if _is_network(peer)]

    @property
    def way(self) -> Way:
        """The same, as the dialplan has it."""
        of = self.trunk
        return Way(
            of.name, self.name, of.priority, of.weight, of.channels, of.cps, of.shows, of.format_out, of.identity,
            self.domain, bool(of.options_seconds),
        )  # fmt: skip


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def endpoint_name(trunk: str) -> str:
    """`trunk.NAME`: no phone's name holds a dot. The settings' trunk keeps the name it has always had."""
    return trunk if trunk == OF_SETTINGS else f"{OF_SETTINGS}.{trunk}"


def trunk_of(endpoint: str) -> str:
    """The trunk whose endpoint that is, for what is passed on too; '' for a phone's."""
    endpoint = endpoint.removeprefix(PASSED)
    if endpoint == OF_SETTINGS:
        return OF_SETTINGS
    return endpoint.removeprefix(f"{OF_SETTINGS}.") if endpoint.startswith(f"{OF_SETTINGS}.") else ""


def endpoints(config: Settings, *, demo: bool = False) -> list[Endpoint]:
    """Every trunk, the settings' first, each with its password. Raises BadInput, SecretMissing."""
    return [_of_settings(config, demo=demo), *(_endpoint(config, trunk) for trunk in kept_trunks(config))]


def ways(config: Settings, *, demo: bool = False) -> list[Way]:
    """Those that calls may leave by."""
    return [endpoint.way for endpoint in endpoints(config, demo=demo) if endpoint.contact]


def peers(config: Settings) -> list[str]:
    """Every address that calls of a trunk come from, the proxies' with them."""
    return [*config.asterisk.proxies, *(peer for end in endpoints(config) for peer in end.trunk.matches)]


def kept_trunks(config: Settings) -> list[Trunk]:
    """The rows as they were last told. Raises BadInput for a file that is damaged."""
    path = _kept(config)
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [checked(Trunk(**{name: row[name] for name in _STORED})) for row in rows]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: {error}", hint="remove it: decroche trunk list writes it anew") from error


def keep_trunks(config: Settings, trunks: Iterable[Trunk]) -> bool:
    """Keep the list for the next time the files are written; False where it was the same."""
    wanted = [{name: value for name, value in asdict(trunk).items() if name in _STORED} for trunk in trunks]
    text = json.dumps(wanted, indent=1, sort_keys=True) + "\n"
    path = _kept(config)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        as_its_folder(file.fileno(), draft)
    draft.replace(path)
    return True


def _kept(config: Settings) -> Path:
    return config.folder("asterisk") / "trunks.json"


def settings_trunk(config: Settings) -> Trunk:
    """The settings' own trunk, tried first; its `host` is '' where they name none."""
    of = config.asterisk
    host, _, port = of.trunk.partition(":")
    return Trunk(
        OF_SETTINGS, host, int(port) if port.isdecimal() else None, username=of.trunk_user, matches=of.trunk_peers,
        priority=0, options_seconds=0,
    )  # fmt: skip


def _of_settings(config: Settings, *, demo: bool) -> Endpoint:
    of, trunk = config.asterisk, settings_trunk(config)
    for setting, given in (("trunk_peers", of.trunk_peers), ("proxies", of.proxies)):
        _check_peers("" if demo else of.trunk, given, setting)
    contact = f"sip:{of.trunk}" if of.trunk else ""
    return Endpoint(trunk, OF_SETTINGS, contact, contact, _password(config, trunk), "")


def _endpoint(config: Settings, trunk: Trunk) -> Endpoint:
    if trunk.transport == "tls" and not config.asterisk.tls_port:
        raise BadInput(
            f"trunk {trunk.name} is by TLS, and Asterisk has no TLS port",
            hint="set asterisk.tls_port, tls_certificate and tls_key",
        )
    by = "" if trunk.transport == "udp" else f";transport={trunk.transport}"
    contact = f"sip:{trunk.address}{by}"
    known = replace(trunk, matches=trunk.peers)
    here = "" if config.asterisk.bind == EVERYWHERE else config.asterisk.bind
    domain = trunk.domain or config.asterisk.public_address or here or trunk.host
    return Endpoint(known, endpoint_name(trunk.name), contact, contact, _password(config, trunk), domain)


def _password(config: Settings, trunk: Trunk) -> str:
    """Asterisk takes what follows a semicolon for a comment, unless a backslash stands before it."""
    return read_secret(secret_name(trunk.name), of=config).replace(";", "\\;") if trunk.username else ""


def _check_peers(trunk: str, given: Sequence[str], setting: str) -> None:
    for peer in given:
        if trunk and loopback(peer) and not loopback(trunk):
            raise BadInput(
                f"asterisk.{setting} holds {peer}: any user of this machine would be the trunk",
                hint="give the addresses that the operator's calls come from",
            )
        if peer.split("/")[0] in {"127.0.0.1", "localhost", "::1"}:
            raise BadInput(
                f"asterisk.{setting} holds 127.0.0.1: it would swallow the registrations of local phones",
                hint="give the peer another loopback address, such as 127.0.0.2",
            )
