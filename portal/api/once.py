"""`Idempotency-Key`: a POST that is sent twice is done once, and answered alike for a day.

What was answered is kept under both keys, the system's own and the one it made up: whoever reads the table has neither,
so that a secret told once is not lying there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from fastapi import Header
from pydantic import BaseModel

from portal.door import Seat
from store.base.errors import Refused
from store.base.sealed import unwrap, wrap

Model = TypeVar("Model", bound=BaseModel)

KEPT = timedelta(days=1)
IdempotencyKey = Annotated[
    str, Header(max_length=255, pattern=r"^[\x21-\x7e]*$", description="Sent again with the same, it is done once.")
]


class KeyReused(Refused):
    """The same Idempotency-Key came with another request."""

    code = "idempotency_key_reused"


def once(
    seat: Seat, shown: str, given: str, asked: str, now: datetime, answer: type[Model], do: Callable[[], Model]
) -> Model:
    """What `do` answers, or answered before. `shown`: the system's key; `given`: its Idempotency-Key, "" for none;
    `asked`: the request in words. In the transaction of `seat`: what fails is not kept. Raises KeyReused."""
    if not given:
        return do()
    both = f"{shown} {given}".encode()
    name, seal = hashlib.sha256(b"name " + both).digest(), hashlib.sha256(b"seal " + both).digest()
    wanted = hashlib.sha256(asked.encode()).digest()
    conn = seat.conn
    conn.execute("DELETE FROM portal.answers WHERE name = %s AND at < %s", (name, now - KEPT))
    new = conn.execute(
        """INSERT INTO portal.answers (tenant_id, name, asked, at) VALUES (%s, %s, %s, %s)
           ON CONFLICT (tenant_id, name) DO NOTHING""",
        (seat.whose, name, wanted, now),
    ).rowcount  # the same sent at the same time waits here until the first is done
    if not new:
        row = conn.execute("SELECT asked, answer FROM portal.answers WHERE name = %s", (name,)).fetchone()
        if row is None or bytes(row["asked"]) != wanted:
            raise KeyReused(hint="make up another key for another request")
        return answer.model_validate_json(unwrap(seal, bytes(row["answer"]), name))
    done = do()
    conn.execute(
        "UPDATE portal.answers SET answer = %s WHERE name = %s",
        (wrap(seal, done.model_dump_json().encode(), name), name),
    )
    return done
