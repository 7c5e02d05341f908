"""The operator's terms by version, as clients accept them: a PDF, or plain text in UTF-8."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from psycopg.rows import class_row

from portal.ordering.recap import Terms
from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound, Refused
from store.db import Conn

MOST = 5 * 1024 * 1024


def kind_of(content: bytes) -> str:
    """What a file is, by its content. Raises BadInput for what is neither a PDF nor text, empty or too long."""
    if not 0 < len(content) <= MOST:
        raise BadInput(f"the terms are {len(content)} bytes long", hint=f"1 to {MOST} bytes")
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    try:
        plain = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("the terms are neither a PDF nor text in UTF-8", hint="give the one or the other") from error
    if "\0" in plain:
        raise BadInput("the terms hold zero bytes", hint="give a PDF, or text in UTF-8")
    return "text/plain"


def add(conn: Conn, version: str, content: bytes, *, by: Actor, now: datetime) -> Terms:
    """A version of the terms, which is what clients accept from now on (operator); the same again changes nothing.

    Raises BadInput; Refused for other words under a version that is known.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", version):
        raise BadInput(f"version {version!r}", hint="letters, digits, . _ -, such as 2025-01")
    made = Terms(version, hashlib.sha256(content).hexdigest(), kind_of(content))
    done = conn.execute(
        """INSERT INTO portal.terms (version, sha256, kind, content, added_by, added_at)
           VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (version) DO NOTHING""",
        (version, made.sha256, made.kind, content, str(by), now),
    )
    if not done.rowcount:
        if get(conn, version) != made:
            raise Refused(f"version {version} has other words already", hint="give the new words a new version")
        return made
    note(conn, by, "terms.add", f"terms:{version}", sha256=made.sha256)
    return made


def listed(conn: Conn) -> list[Terms]:
    """Every version, the newest first."""
    with conn.cursor(row_factory=class_row(Terms)) as cursor:
        return cursor.execute(
            "SELECT version, sha256, kind FROM portal.terms ORDER BY added_at DESC, version DESC"
        ).fetchall()


def get(conn: Conn, version: str = "") -> Terms:
    """A version, or the newest. Raises NotFound."""
    found = [one for one in listed(conn) if version in ("", one.version)]
    if not found:
        raise NotFound(f"no terms {version}".rstrip(), hint="decroche terms add FILE --version …")
    return found[0]


def content(conn: Conn, version: str) -> bytes:
    """The file's bytes. Raises NotFound."""
    row = conn.execute("SELECT content FROM portal.terms WHERE version = %s", (version,)).fetchone()
    if row is None:
        raise NotFound(f"no terms {version}", hint="decroche terms list")
    return bytes(row["content"])
