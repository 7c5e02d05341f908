"""M5: a client's notices are signed under its own key, and dated: none is another's, none is for later."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from billing.charges.controls import Notice, set_limits, tell
from billing.office.outbox import Post, post_of
from billing.office.telling import deliver
from store import tenants
from store.base.secrets import read_secret
from store.base.settings import settings
from store.db import Database
from tests.actors import OPERATOR
from tests.integration.billing.test_outbox import HERE, Ear, at, running


def checked(header: str, key: str, body: bytes, now: float) -> bool:
    """What a client does with a header."""
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", header)
    if not found or abs(now - int(found[1])) > 300:
        return False
    return hmac.compare_digest(
        hmac.new(key.encode(), found[1].encode() + b"." + body, hashlib.sha256).hexdigest(), found[2]
    )


@pytest.fixture
def client() -> Iterator[Ear]:
    """Where both clients listen."""
    yield from running(Ear())


def test_two_clients_notices_are_under_two_keys_and_dated(database: Database, settings_home: Path, client: Ear) -> None:
    ids: list[UUID] = []
    with database.operator() as conn:
        for name in ("acme", "beta"):
            tenant = tenants.add(conn, name, name, by=OPERATOR)
            ids.append(tenant.id)
            set_limits(conn, tenant.id, webhook=at(client), by=OPERATOR)
            tell(conn, tenant.id, Notice("cap", "2026-11", "client", {"cap": "1", "amount": "1"}))
    post = post_of(settings())
    assert post.key_of is not None
    assert deliver(database, Post(allowed=HERE, key_of=post.key_of)) == (2, 0)
    keys = [read_secret(f"webhook-{tenant_id}") for tenant_id in ids]
    assert keys[0] != keys[1]
    now = time.time()
    for n, (body, headers) in enumerate(client.heard):
        header = headers["X-Decroche-Signature"]
        assert checked(header, keys[n], body, now)
        assert not checked(header, keys[1 - n], body, now), "another client's key says nothing of it"
        assert not checked(header, keys[n], body, now + 301), "it is good for five minutes"
        assert not checked(header, keys[n], body + b" ", now)
        later = re.sub(r"t=\d+", f"t={int(now) + 301}", header)
        assert not checked(later, keys[n], body, now + 301), "its date is signed too"
