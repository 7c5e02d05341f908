"""`decroche booking` and `decroche message`: what callers left with an agent, and what became of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import click

from store.base.actor import typing_now
from store.base.console import HouseGroup, emit, json_option

if TYPE_CHECKING:
    from store.bookings import Booking
    from store.messages import LeftMessage

_BOOKINGS = ("id", "agent", "starts_at", "name", "phone", "status")
_MESSAGES = ("id", "agent", "created_at", "name", "phone", "text", "done_at")
_tenant = click.option("--tenant", "slug", required=True, help="Whose: the tenant's short name.")


@click.group(cls=HouseGroup)
def booking() -> None:
    """Appointments that agents have made.

    \b
    Example: decroche booking list --tenant dentiste
    """


@booking.command("list")
@_tenant
@click.option("--past", is_flag=True, help="Also those that are over.")
@json_option
def booking_list(slug: str, past: bool, as_json: bool) -> None:
    """Appointments to come, by time; the cancelled ones too.

    \b
    Example: decroche booking list --tenant dentiste --json
    """
    from store import bookings, tenants
    from store.cli import operator_session

    with operator_session() as conn:
        whose = tenants.tenant_id(conn, slug)
        found = bookings.find(conn, tenant_id=whose, since=None if past else datetime.now(UTC), status=None)
    _show_bookings(found, as_json=as_json)


@booking.command("cancel")
@click.argument("booking_id", type=click.UUID)
@json_option
def booking_cancel(booking_id: UUID, as_json: bool) -> None:
    """Cancel an appointment; its time is free again, and the client's calendars are told.

    \b
    Example: decroche booking cancel 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d
    """
    from ari_app.desk import agenda
    from store import bookings
    from store.base.errors import NotFound
    from store.setup import open_database

    with open_database() as db:
        with db.operator() as conn:
            found = bookings.get(conn, booking_id)
        if found is None:
            raise NotFound(f"no booking {booking_id}", hint="decroche booking list --tenant T")
        with db.operator(found.tenant_id) as conn:
            made = agenda.call_off(conn, booking_id, by=typing_now())
    _show_bookings([made], as_json=as_json)


def _show_bookings(found: list[Booking], *, as_json: bool) -> None:
    emit([asdict(one) for one in found], _BOOKINGS, as_json=as_json, empty="no appointment")


@click.group(cls=HouseGroup)
def message() -> None:
    """Messages that callers left.

    \b
    Example: decroche message list --tenant dentiste
    """


@message.command("list")
@_tenant
@click.option("--all", "whole", is_flag=True, help="Also those that are settled.")
@json_option
def message_list(slug: str, whole: bool, as_json: bool) -> None:
    """Messages to be dealt with, newest first.

    \b
    Example: decroche message list --tenant dentiste --json
    """
    from store import messages, tenants
    from store.cli import operator_session

    with operator_session() as conn:
        whose = tenants.tenant_id(conn, slug)
        found = messages.find(conn, tenant_id=whose, done=None if whole else False)
    _show_messages(found, as_json=as_json)


@message.command("done")
@click.argument("message_id", type=click.UUID)
@json_option
def message_done(message_id: UUID, as_json: bool) -> None:
    """Somebody has dealt with the message.

    \b
    Example: decroche message done 01a21ef0-c53c-73c6-b7e4-9b8f414a3a9d
    """
    from store import messages
    from store.cli import operator_session

    with operator_session() as conn:
        made = messages.settle(conn, message_id, by=typing_now(), now=datetime.now(UTC))
    _show_messages([made], as_json=as_json)


def _show_messages(found: list[LeftMessage], *, as_json: bool) -> None:
    emit([asdict(one) for one in found], _MESSAGES, as_json=as_json, empty="no message")
