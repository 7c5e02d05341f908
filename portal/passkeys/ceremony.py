"""WebAuthn's two ceremonies, asked for and verified: a passkey is made, and shown. Pure.

Web Authentication, level 3 (https://www.w3.org/TR/webauthn-3/), 7.1 and 7.2. `webauthn` verifies; what is asked of it
stands here: the device verified its user (PIN, finger, face), the site is the settings', the counter went up.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from store.base.errors import BadInput

MOST = 16 * 1024
"""Characters of a browser's answer."""
PATIENCE = 300_000
"""Milliseconds a browser waits for its user: as long as a challenge holds."""
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_WRONG = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError)
"""What a made-up answer raises on its way through the parsers."""


class PasskeyRefused(BadInput):
    """The browser's answer does not show what it should."""

    code = "passkey_refused"


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys are made and shown: `id` the host they are bound to, `origin` as a browser writes it."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey. `public_key`: COSE; `sign_count`: 0 where the device does not count."""

    credential: bytes
    public_key: bytes
    sign_count: int


def site_of(url: str) -> Site | None:
    """The site at a public address; None where browsers know no passkeys: an IP address, or http on another machine."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    here = host == "localhost" or host.endswith(".localhost")
    if not host or _is_address(host) or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
        return None
    ordinary = port in (None, 443 if parts.scheme == "https" else 80)
    return Site(host, f"{parts.scheme}://{host}" + ("" if ordinary else f":{port}"))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def to_make(site: Site, person_id: UUID, email: str, name: str, challenge: bytes, held: Sequence[bytes]) -> str:
    """What a browser is asked for a new passkey of a person, as JSON. `held`: credentials they have already."""
    return options_to_json(
        generate_registration_options(
            rp_id=site.id,
            rp_name="Décroche",
            user_id=person_id.bytes,
            user_name=email,
            user_display_name=name or email,
            challenge=challenge,
            timeout=PATIENCE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in held],
            supported_pub_key_algs=ALGORITHMS,
        )
    )


def to_show(site: Site, challenge: bytes, held: Sequence[bytes] = ()) -> str:
    """What a browser is asked for a passkey, as JSON. `held`: one of these credentials; none: any of the site's."""
    return options_to_json(
        generate_authentication_options(
            rp_id=site.id,
            challenge=challenge,
            timeout=PATIENCE,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in held],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def made(site: Site, challenge: bytes, answer: str) -> Made:
    """The passkey a browser's answer tells of. Raises PasskeyRefused."""
    try:
        done = verify_registration_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except _WRONG as error:
        raise PasskeyRefused(f"no passkey: {error}") from error
    return Made(done.credential_id, done.credential_public_key, done.sign_count)


def claimed(answer: str) -> tuple[bytes, bytes]:
    """(credential, user handle) that an answer claims to be of, before it is verified; no handle: b"".

    Raises PasskeyRefused.
    """
    try:
        given = _read(answer)
        handle = given["response"].get("userHandle") or ""
        return base64url_to_bytes(given["rawId"]), base64url_to_bytes(handle)
    except (*_WRONG, AttributeError) as error:
        raise PasskeyRefused(f"no passkey: {error}") from error


def shown(site: Site, challenge: bytes, answer: str, public_key: bytes, sign_count: int) -> int:
    """The new count of a passkey whose key and last count are these, signed over this challenge for this site.

    Raises PasskeyRefused: a count that did not go up is another device with a copy of the key (7.2, step 22).
    """
    try:
        done = verify_authentication_response(
            credential=_read(answer),
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _WRONG as error:
        raise PasskeyRefused(f"the passkey does not hold: {error}") from error
    return done.new_sign_count


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > MOST:
        raise ValueError("the answer is too long")
    given: Any = json.loads(answer)
    if not isinstance(given, dict):
        raise ValueError("the answer is no object")
    return given  # pyright: ignore[reportUnknownVariableType]
