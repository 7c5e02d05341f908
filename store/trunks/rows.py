"""The trunks' rows: added, listed, removed by the operator; each act is in the audit log, no password is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import psycopg
from psycopg.rows import class_row

from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, NotFound
from store.base.secrets import forget_secret, write_secret
from store.base.settings import Settings
from store.db import Conn
from store.trunks.checking import OF_SETTINGS, Trunk, checked, good_password

_COLUMNS = (
    "name, host, port, transport, srtp, username, registers, expiry, domain, matches, codecs, priority, weight,"
    " channels, cps, shows, format_out, format_in, identity, options_seconds"
)


def secret_name(name: str) -> str:
    """The secret that holds a trunk's password."""
    return OF_SETTINGS if name == OF_SETTINGS else f"trunk-{name}"


def add(conn: Conn, trunk: Trunk, *, password: str = "", of: Settings, by: Actor) -> Trunk:
    """A new trunk (operator); its password becomes a file of mode 0600.

    Raises BadInput: something is wrong with it, there is one of that name, or an account without a password.
    """
    wanted = checked(trunk)
    if bool(wanted.username) != bool(password):
        raise BadInput(
            f"trunk {wanted.name}: an account and its password go together", hint="--user NAME --password-file FILE"
        )
    values: dict[str, Any] = asdict(wanted)
    try:
        with conn.transaction(), conn.cursor(row_factory=class_row(Trunk)) as cursor:
            row = cursor.execute(
                f"""INSERT INTO store.trunks ({_COLUMNS}) VALUES (
                    %(name)s, %(host)s, %(port)s, %(transport)s, %(srtp)s, %(username)s, %(registers)s, %(expiry)s,
                    %(domain)s, %(matches)s, %(codecs)s, %(priority)s, %(weight)s, %(channels)s, %(cps)s, %(shows)s,
                    %(format_out)s, %(format_in)s, %(identity)s, %(options_seconds)s)
                    RETURNING {_COLUMNS}, added_at""",
                values,
            ).fetchone()
            assert row is not None
            if password:
                forget_secret(secret_name(wanted.name), of=of)  # of a trunk that was removed on another node
                write_secret(secret_name(wanted.name), good_password(password), of=of)
    except psycopg.errors.UniqueViolation as error:
        raise BadInput(f"there is a trunk {wanted.name} already", hint="decroche trunk list") from error
    note(
        conn, by, "trunk.add", f"trunk:{wanted.name}", None, host=wanted.address, transport=wanted.transport,
        srtp=wanted.srtp, registers=wanted.registers, shows=list(wanted.shows),
    )  # fmt: skip
    return row


def remove(conn: Conn, name: str, *, of: Settings, by: Actor) -> Trunk:
    """Take a trunk and its password away (operator). Calls in progress go on. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Trunk)) as cursor:
        row = cursor.execute(
            f"DELETE FROM store.trunks WHERE name = %s RETURNING {_COLUMNS}, added_at", (name,)
        ).fetchone()
    if row is None:
        raise _unknown(name)
    note(conn, by, "trunk.remove", f"trunk:{name}")
    forget_secret(secret_name(name), of=of)
    return row


def get(conn: Conn, name: str) -> Trunk:
    """One trunk. Raises NotFound."""
    with conn.cursor(row_factory=class_row(Trunk)) as cursor:
        row = cursor.execute(f"SELECT {_COLUMNS}, added_at FROM store.trunks WHERE name = %s", (name,)).fetchone()
    if row is None:
        raise _unknown(name)
    return row


def listed(conn: Conn) -> list[Trunk]:
    """Every trunk, in the order in which they are tried (weights aside)."""
    with conn.cursor(row_factory=class_row(Trunk)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS}, added_at FROM store.trunks ORDER BY priority, weight DESC, name"
        ).fetchall()


def _unknown(name: str) -> NotFound:
    hint = "that one is the settings': mend asterisk.trunk" if name == OF_SETTINGS else "decroche trunk list"
    return NotFound(f"no trunk {name}", hint=hint)
