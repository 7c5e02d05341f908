"""The commands of `decroche campaign`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from campaigns.contacts.commands import contacts_option
from campaigns.dialling.commands import COMMANDS
from store.base.actor import typing_now
from store.base.console import NOT_NEGATIVE, HouseGroup, as_lines, emit, json_option, to_json
from store.base.spreadsheet import PARIS
from store.cli_tenant import tenant_session

_PURPOSES = ("canvassing", "contract", "callback", "press", "service")
_COLUMNS = ("name", "agent", "purpose", "begins_on", "ends_on", "state", "made_by", "approved_by")
_by = click.option("--by", "person", required=True, help="The person who answers for it.")


@click.group(cls=HouseGroup)
def campaign() -> None:
    """Campaigns: which agent calls whom, about what, on which days.

    \b
    Example: decroche campaign check rappels-dec --tenant dentiste
    """


def _weekdays(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    if not value or set(value) - set("1234567"):
        raise click.BadParameter(f"{value!r}: digits from 1 (Monday) to 7, as in 12345")
    return tuple(sorted({int(digit) for digit in value}))


@campaign.command("add")
@contacts_option
@click.option("--name", required=True, help="Its short name: a-z, 0-9, -.")
@click.option("--agent", required=True, help="Whose live version calls.")
@click.option("--list", "lists", multiple=True, help="Whom it calls; may be given again.")
@click.option("--reminds", default="", metavar="AGENT",
              help="In place of lists: who has an appointment in this agent's diary is called before it.")  # fmt: skip
@click.option("--before", "before_hours", type=click.IntRange(1, 336), default=24, show_default=True,
              help="With --reminds: so many hours before; earlier where nobody is called then.")  # fmt: skip
@click.option("--purpose", required=True, type=click.Choice(_PURPOSES), help="What the calls are for.")
@click.option("--goods", default="", help="What is offered, as consents name it; else as the agent's file does.")
@click.option("--party", type=click.Choice(["consumer", "business"]), default="consumer", show_default=True,
              help="What people are whose file does not say.")  # fmt: skip
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="Its first day; today.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Its last day; 30 days after the first.")
@click.option("--hours", default="", help="10:00-12:30,14:00-18:00; the law's hours hold anyway.")
@click.option("--weekdays", default="12345", show_default=True, callback=_weekdays, help="1 is Monday.")
@click.option("--per-minute", type=click.IntRange(1, 1000), default=10, show_default=True, help="Calls begun a minute.")
@click.option("--at-once", type=click.IntRange(1, 1000), default=2, show_default=True, help="Calls in progress.")
@click.option("--budget", default=0.0, type=NOT_NEGATIVE, help="Euros before tax its calls may cost; 0: no bound.")
@click.option("--retry", multiple=True, metavar="OUTCOME=TIMES[/MINUTES]",
              help="busy=2/20: twice, 20 minutes later; no_answer=1: once, in another half-day.")  # fmt: skip
@click.option("--versus", type=click.IntRange(1, 1_000_000), default=None,
              help="Compare: half of the people are called with this version, which was live before.")  # fmt: skip
@click.option("--by", "person", default="", help="Its author; else the account that types.")
@json_option
def campaign_add(slug: str, first: datetime | None, last: datetime | None, person: str, budget: float, as_json: bool,
                 **fields: Any) -> None:  # fmt: skip
    """Write a campaign as a draft: check it, then another person approves it.

    \b
    Example:
      decroche campaign add --tenant dentiste --name noel --agent accueil --list rappels --purpose contract
      decroche campaign add --tenant t --name veille --agent rappel --reminds accueil --purpose service
    """
    from campaigns import campaigns

    fields["versus"] = fields["versus"] or 0
    begins = (first or datetime.now(PARIS)).date()
    ends = last.date() if last else begins + timedelta(days=30)
    wanted = campaigns.Wanted(begins_on=begins, ends_on=ends, budget_micros=round(budget * 1_000_000), **fields)
    by = typing_now()
    with tenant_session(slug) as (conn, whose):
        made = campaigns.add(conn, whose, wanted, person or str(by), by=by)
    emit([asdict(made)], _COLUMNS, as_json=as_json)


@campaign.command("check")
@click.argument("name")
@contacts_option
@json_option
def campaign_check(name: str, slug: str, as_json: bool) -> None:
    """How many people of NAME may be called now, later, never, and why, with the articles; nothing is dialled.

    \b
    Example: decroche campaign check rappels-dec --tenant dentiste --json
    """
    from campaigns import campaigns, checking

    with tenant_session(slug) as (conn, whose):
        found = checking.check(conn, whose, campaigns.get(conn, whose, name), datetime.now(UTC))
    if as_lines(as_json):
        click.echo(to_json(found.as_json()))
        return
    emit([dict(found.counts)], ("now", "later", "never"), as_json=False)
    why = [{"reason": reason, "people": count, "law": "; ".join(found.law[reason])}
           for reason, count in found.why.most_common()]  # fmt: skip
    if why:
        emit(why, ("reason", "people", "law"), as_json=False)
        shown = [{**one, "reasons": ", ".join(one["reasons"])} for one in found.examples]
        emit(shown, ("e164", "name", "when", "at", "reasons"), as_json=False)


@campaign.command("list")
@contacts_option
@json_option
def campaign_list(slug: str, as_json: bool) -> None:
    """The campaigns of a client, the newest first.

    \b
    Example: decroche campaign list --tenant dentiste
    """
    from campaigns import campaigns

    with tenant_session(slug) as (conn, whose):
        found = campaigns.listed(conn, whose)
    emit([asdict(each) for each in found], _COLUMNS, as_json=as_json, empty="no campaign")


@campaign.command("show")
@click.argument("name")
@contacts_option
@json_option
def campaign_show(name: str, slug: str, as_json: bool) -> None:
    """All that NAME says.

    \b
    Example: decroche campaign show rappels-dec --tenant dentiste
    """
    from campaigns import campaigns

    with tenant_session(slug) as (conn, whose):
        found = asdict(campaigns.get(conn, whose, name))
    if as_json:
        click.echo(to_json(found))
        return
    found |= {key: ", ".join(map(str, found[key])) for key in ("lists", "weekdays", "retries")}
    emit([{"what": key, "is": value} for key, value in found.items()], ("what", "is"), as_json=False)


@campaign.command("approve")
@click.argument("name")
@contacts_option
@_by
@click.option("--reason", default="", help="Why its author alone is enough.")
@json_option
def campaign_approve(name: str, slug: str, person: str, reason: str, as_json: bool) -> None:
    """Stand for NAME: another person than its author does, or the same with a written reason.

    \b
    Example: decroche campaign approve rappels-dec --tenant dentiste --by "Claire Roux"
    """
    from campaigns import campaigns

    with tenant_session(slug) as (conn, whose):
        found = campaigns.approve(conn, whose, name, person, by=typing_now(), reason=reason)
    emit([asdict(found)], _COLUMNS, as_json=as_json)


for _each in COMMANDS:
    campaign.add_command(_each)


if __name__ == "__main__":
    campaign()
