"""Whether, and with what, Asterisk signs calls that leave by the trunk (STIR/SHAKEN; RFC 8224, 8225, 8588).

The private key belongs to the operator: it stays where it is, and is refused when others may read it. The numbers
are those tenants may show; the application keeps the list in step (`Asterisk.vouch_for`).
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from store.base.errors import BadInput
from store.base.settings import Settings
from store.base.unprivileged import as_its_folder

_P256 = bytes.fromhex("06082a8648ce3d030107")
"""The curve's object identifier as certificates hold it; ES256 is the only algorithm of RFC 8225."""


@dataclass(frozen=True, slots=True)
class Signing:
    """`url`: where the far side fetches the certificate. `numbers`: E.164, vouched for at `level`."""

    key: Path
    url: str
    level: str
    numbers: tuple[str, ...]


def signing(config: Settings) -> Signing | None:
    """What to sign with, None when nothing is set. Raises BadInput naming the setting that is wrong."""
    asterisk = config.asterisk
    given = {
        "stir_shaken_key": asterisk.stir_shaken_key,
        "stir_shaken_certificate": asterisk.stir_shaken_certificate,
        "stir_shaken_url": asterisk.stir_shaken_url,
    }
    if not any(given.values()):
        return None
    for name, value in given.items():
        if not value:
            raise _bad(name, "is empty while calls are to be signed", "set all three asterisk.stir_shaken_…, or none")
    if not asterisk.stir_shaken_url.startswith("https://") or any(c.isspace() for c in asterisk.stir_shaken_url):
        raise _bad("stir_shaken_url", "is no https address", "the far side fetches the certificate there (RFC 8226)")
    key, certificate = Path(asterisk.stir_shaken_key).expanduser(), Path(asterisk.stir_shaken_certificate).expanduser()
    _check_files(key, certificate)
    return Signing(key.absolute(), asterisk.stir_shaken_url, asterisk.stir_shaken_level, vouched(config))


def vouched(config: Settings) -> tuple[str, ...]:
    """The numbers last vouched for, E.164; none before the application has said which."""
    path = _list_of(config)
    return tuple(path.read_text(encoding="ascii").split()) if path.exists() else ()


def keep_vouched(config: Settings, numbers: Iterable[str]) -> None:
    """Keep the list for the next time the files are written. Raises BadInput for what is not E.164."""
    wanted = sorted(set(numbers))
    for number in wanted:
        if not (number.startswith("+") and number[1:].isascii() and number[1:].isdigit()):
            raise BadInput(f"{number!r} is not an E.164 number", hint="write it +33…")
    draft = _list_of(config).with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{number}\n" for number in wanted)
        as_its_folder(file.fileno(), draft)
    draft.replace(_list_of(config))


def _list_of(config: Settings) -> Path:
    return config.folder("asterisk") / "vouched.txt"


def _check_files(key: Path, certificate: Path) -> None:
    for name, path in (("stir_shaken_key", key), ("stir_shaken_certificate", certificate)):
        if not path.is_file():
            raise _bad(name, f"is no file: {path}", "give the path of a PEM file")
    if mode := key.stat().st_mode & 0o077:
        raise _bad("stir_shaken_key", f"may be read by others ({key}, mode …{mode:02o})", f"chmod 600 {key}")
    try:
        first = certificate.read_text(encoding="ascii").partition("-----END CERTIFICATE-----")
        der = ssl.PEM_cert_to_DER_cert("".join(first[:2]))
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise _bad(
            "stir_shaken_certificate",
            f"and the key do not go together ({error})",
            "give an unencrypted PEM key and the certificate made for it",
        ) from error
    if _P256 not in der:
        raise _bad("stir_shaken_certificate", "is not for the curve P-256", "calls are signed with ES256 (RFC 8225)")


def _bad(name: str, what: str, hint: str) -> BadInput:
    return BadInput(f"asterisk.{name} {what}", hint=hint)
