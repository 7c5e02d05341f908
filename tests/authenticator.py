"""A device that holds one passkey, in software: it answers what a browser is asked, as WebAuthn (level 3) has it."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def packed(octets: bytes) -> str:
    """As browsers write bytes."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """The bytes of it."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One passkey. `origin`: of the page the browser shows; `verified`: it asks for finger, face or PIN; `step`: by how
    much it counts up at each use."""

    origin: str
    verified: bool = True
    step: int = 1
    count: int = 0
    handle: bytes = b""
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, asked: str) -> str:
        """The answer to `navigator.credentials.create`."""
        wanted = json.loads(asked)
        self.handle = unpacked(wanted["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        held = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cbor2.dumps(cose)
        data = self._data(wanted["rp"]["id"], ATTESTED) + held
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", wanted["challenge"])
        return self._answer({"clientDataJSON": packed(client), "attestationObject": packed(attested)})

    def show(self, asked: str) -> str:
        """The answer to `navigator.credentials.get`."""
        wanted = json.loads(asked)
        data = self._data(wanted["rpId"])
        client = self._client("webauthn.get", wanted["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({
            "clientDataJSON": packed(client), "authenticatorData": packed(data), "signature": packed(signature),
            "userHandle": packed(self.handle),
        })  # fmt: skip

    def _data(self, site: str, flags: int = 0) -> bytes:
        self.count += self.step
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(site.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        name = packed(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
