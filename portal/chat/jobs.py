"""The jobs of chats: a conversation in which nothing is written any more is over. Done by `decroche work`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from portal.chat import conversations
from portal.chat.conversations import CLOSE
from store.base.errors import BadInput
from store.base.settings import Settings
from store.jobs import Held
from store.work import Handler


def handlers(of: Settings, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> dict[str, Handler]:
    """Kind of job → who does it."""
    return {CLOSE: lambda held: close(held, of, now())}


def close(held: Held, of: Settings, now: datetime) -> None:
    """End the conversation where it is idle or too long; else look again when it would be."""
    try:
        conversation_id = UUID(held.job.about)
    except ValueError as error:
        raise BadInput(f"{held.job.about!r} is no conversation") from error
    idle, most = timedelta(minutes=of.chat.idle_minutes), timedelta(minutes=of.chat.most_minutes)
    with held.tenant() as conn:
        again = conversations.close(conn, conversation_id, now, idle, most)
    if again is not None:
        held.later(again)
