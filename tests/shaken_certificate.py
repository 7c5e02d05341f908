"""A certificate to sign calls with, made for a test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate and its key, as PEM files."""

    key: Path
    pem: Path

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        """The certificate's public key."""
        key = x509.load_pem_x509_certificate(self.pem.read_bytes()).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        return key


def make_certificate(folder: Path, name: str = "sign", curve: type[ec.EllipticCurve] = ec.SECP256R1) -> Certificate:
    """A new key and a certificate for it, good for a day, as `folder/name.key` (0600) and `.pem`."""
    key = ec.generate_private_key(curve())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "SHAKEN test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    files = Certificate(folder / f"{name}.key", folder / f"{name}.pem")
    files.key.touch(mode=0o600)
    pem = serialization.Encoding.PEM
    files.key.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    files.pem.write_bytes(made.public_bytes(pem))
    return files
