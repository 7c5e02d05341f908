"""The files of docs/proxy before a running portal, on loopback, under a certificate of our own, where they are."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from tests.integration.portal.site import CLAIRE, People, Practice

NAME = "espace.example.fr"
DOCS = Path(__file__).parents[3] / "docs/proxy"
VISITOR, FORGED = "127.0.0.2", "203.0.113.9"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return opened.getsockname()[1]


def certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate, key): of that name, signed by itself, good for a day."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False).sign(key, SHA256())
    )  # fmt: skip
    cert, private = folder / "espace.pem", folder / "espace.key"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, private


def nginx(folder: Path, behind: str, port: int) -> list[str]:
    """The command that runs the documented file on loopback."""
    cert, key = certificate(folder)
    text = (DOCS / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"\n  listen \[::\][^\n]*", "", text)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace("127.0.0.1:8096", behind)
    text = text.replace("/etc/ssl/espace.pem", str(cert)).replace("/etc/ssl/espace.key", str(key))
    (folder / "site.conf").write_text(text)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        ("user root;\n" if os.geteuid() == 0 else "")
        + f"daemon off; worker_processes 1; pid {folder}/pid; error_log stderr warn; events {{}}\n"
        f"http {{ access_log off; {temporary} include {folder}/site.conf; }}\n"
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, behind: str, port: int) -> list[str]:
    """The same of Caddy's; the certificate is ours instead of one it fetches."""
    cert, key = certificate(folder)
    text = (DOCS / "Caddyfile").read_text(encoding="utf-8").replace("127.0.0.1:8096", behind)
    text = text.replace(f"{NAME} {{", f"https://{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls {cert} {key}")
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Generator[None]:
    """The proxy while the body runs, from when it listens."""
    env = os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    said = folder / "said"
    with said.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=env) as process:
        try:
            until = time.monotonic() + 60
            while not listens(port):
                assert time.monotonic() < until, said.read_text()
                with suppress(subprocess.TimeoutExpired):
                    raise AssertionError(f"{process.wait(0.1)}: {said.read_text()}")
            yield
        finally:
            process.terminate()


@pytest.fixture(params=["nginx", "caddy"])
def program(request: pytest.FixtureRequest) -> str:
    """A proxy that is on this machine."""
    name: str = request.param
    if shutil.which(name) is None:
        pytest.skip(f"no {name} on this machine: apt-get install {name}")
    return name


def by_name(asked: httpx.Request) -> None:
    """TLS is asked for the name, though the address is loopback's."""
    asked.extensions["sni_hostname"] = NAME  # pyright: ignore[reportUnknownMemberType, reportIndexIssue]


@pytest.fixture
def visit(program: str, tmp_path: Path, site: str) -> Generator[httpx.Client]:
    """A visitor from another address, who goes through the proxy and tells lies about where they come from."""
    port, behind = free_port(), site.removeprefix("http://")
    command = {"nginx": nginx, "caddy": caddy}[program](tmp_path, behind, port)
    with running(command, tmp_path, port):
        trusted = ssl.create_default_context(cafile=str(tmp_path / "espace.pem"))
        transport = httpx.HTTPTransport(verify=trusted, local_address=VISITOR)
        with httpx.Client(
            transport=transport, base_url=f"https://127.0.0.1:{port}", timeout=60,
            headers={"host": NAME, "x-forwarded-for": FORGED, "origin": f"https://{NAME}"},
        ) as client:  # fmt: skip
            client.event_hooks = {"request": [by_name]}
            yield client


def test_what_is_documented_carries_the_site(
    visit: httpx.Client, people: People, practice: Practice, program: str
) -> None:
    password = people.add(CLAIRE, practice.tenant, "titulaire")
    door = visit.get("/connexion")
    assert door.headers["strict-transport-security"] == "max-age=31536000"
    assert "default-src 'none'" in door.headers["content-security-policy"]
    (form,) = re.findall(r'name="jeton" value="(\w+)"', door.text)
    visit.cookies.clear()
    cookie = {"cookie": door.headers["set-cookie"].partition(";")[0]}
    came = visit.post("/connexion", data={"jeton": form, "email": CLAIRE, "mot_de_passe": password}, headers=cookie)
    assert came.status_code == 303
    assert "Secure" in came.headers["set-cookie"]
    visit.cookies.clear()
    inside = {"cookie": next(one for one in came.headers.get_list("set-cookie") if "session" in one).partition(";")[0]}

    account = visit.get("/compte", headers=inside).text
    assert f"<td>{VISITOR}</td>" in account  # as the proxy saw it
    assert FORGED not in account

    part = visit.get(f"/appels/{practice.call}/audio", headers=inside | {"range": "bytes=100-199"})
    assert (part.status_code, len(part.content)) == (206, 100)
    assert part.headers["content-range"].startswith("bytes 100-199/")

    def sent(size: int) -> int:
        return visit.post("/connexion", content=b"x" * size, headers=cookie).status_code

    assert sent(1_500_000) == 403  # it came to the portal, which read no form in it
    assert sent(3_000_000) in {"nginx": (413,), "caddy": (413, 502)}[program]  # it did not; Caddy 2.6 says 502
