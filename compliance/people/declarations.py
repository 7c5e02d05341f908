"""Sensitive data (contract, 6.2 f): what a client declares of its calls, what the operator agreed to in writing, and
whether an agent may therefore go live.

Health, social and judicial data, and what professional secrecy covers, are excluded unless the operator agreed
expressly and in writing. Nothing here is changed or deleted: the last word of each side counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from store.audit import note
from store.base.actor import Actor
from store.base.errors import BadInput, Refused
from store.base.ids import new_id
from store.db import Conn

Said = Literal["unasked", "none", "sensitive", "agreed", "refused"]
LONGEST = 300


class DeclarationMissing(Refused):
    """The client has not declared whether its calls hold sensitive data."""

    code = "declaration_missing"


class AgreementMissing(Refused):
    """The client's calls hold sensitive data, and the operator has not agreed to it in writing."""

    code = "agreement_missing"


@dataclass(frozen=True, slots=True)
class Declaration:
    """Something that was said. `reference`: where it is written (an order, a quote, an amendment)."""

    said: Said
    reference: str
    said_by: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where it stands. `declared`: the client's last word, if there is one; `agreed`: the agreement that holds."""

    declared: Declaration | None = None
    agreed: Declaration | None = None

    @property
    def word(self) -> Literal["missing", "unasked", "none", "agreed", "waits"]:
        """In a word; `waits`: sensitive data are declared, and not agreed to."""
        if self.declared is None:
            return "missing"
        if self.declared.said == "sensitive":
            return "agreed" if self.agreed else "waits"
        return "unasked" if self.declared.said == "unasked" else "none"


def standing(said: Sequence[Declaration]) -> Standing:
    """Where it stands after all that was said, the oldest first. Pure."""
    declared, agreed = None, None
    for one in said:
        if one.said in ("agreed", "refused"):
            agreed = one if one.said == "agreed" else None
        else:
            declared = one
    return Standing(declared, agreed)


def needed(of: Standing) -> None:
    """Whether an agent may go live. Pure. Raises DeclarationMissing, AgreementMissing."""
    if of.word == "missing":
        raise DeclarationMissing(
            "the client has not declared whether its calls hold sensitive data (contract, 6.2 f)",
            hint="the client: page Abonnement; from a signed quote: decroche privacy declare --tenant T --sensitive no "
            "--reference QUOTE",
        )
    if of.word == "waits":
        raise AgreementMissing(
            "the client declared sensitive data, which are excluded without a written agreement (contract, 6.2 f)",
            hint="decroche privacy agree --tenant T --reference AMENDMENT",
        )


def listed(conn: Conn, tenant_id: UUID) -> list[Declaration]:
    """All that was said, the oldest first."""
    with conn.cursor(row_factory=class_row(Declaration)) as cursor:
        return cursor.execute(
            """SELECT said, reference, said_by, said_at FROM compliance.declarations WHERE tenant_id = %s
                ORDER BY said_at, id""",
            (tenant_id,),
        ).fetchall()


def held(conn: Conn, tenant_id: UUID) -> Standing:
    """Where it stands for a client."""
    return standing(listed(conn, tenant_id))


def declare(conn: Conn, tenant_id: UUID, *, sensitive: bool, reference: str, by: Actor, now: datetime) -> Standing:
    """The client's word: its calls hold sensitive data, or none. `reference`: where it was given.

    By command it is the operator who writes down what the client declared elsewhere. Raises BadInput.
    """
    return _say(conn, tenant_id, "sensitive" if sensitive else "none", reference, by, now)


def agree(conn: Conn, tenant_id: UUID, *, agreed: bool, reference: str, by: Actor, now: datetime) -> Standing:
    """The operator's word (operator's transaction): it agreed in writing to sensitive data, or does not any more."""
    return _say(conn, tenant_id, "agreed" if agreed else "refused", reference, by, now)


def _say(conn: Conn, tenant_id: UUID, said: Said, reference: str, by: Actor, now: datetime) -> Standing:
    where = " ".join(reference.split())
    if not 0 < len(where) <= LONGEST:
        raise BadInput("reference: where is it written?", hint=f"1 to {LONGEST} characters, such as devis 2026-17",
                       code="reference_wrong")  # fmt: skip
    conn.execute(
        """INSERT INTO compliance.declarations (tenant_id, id, said, reference, said_by, said_at)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (tenant_id, new_id(), said, where, str(by), now),
    )
    note(conn, by, f"privacy.declare_{said}", "declaration:sensitive_data", tenant_id, reference=where)
    return held(conn, tenant_id)
