"""The commands of `decroche compliance`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click

from compliance.commands.bloctel import bloctel
from compliance.commands.callbacks import callback
from compliance.commands.consents import consent
from compliance.commands.oppositions import opposition
from compliance.commands.proof import audit, verify
from compliance.commands.tenants import caller_id, switch
from store.base.console import HouseGroup, as_lines, emit, json_option, to_json
from store.base.errors import BadInput

_T = TypeVar("_T")


@click.group(cls=HouseGroup)
def compliance() -> None:
    """May this number be called, for this purpose, now? And the proof of it.

    \b
    Exit statuses: 0 done, or all allowed; 1 refused, or a chain broken; 2 bad input or usage;
    3 done but for some bad rows or cases; 4 not found; 5 the database is not there.
    \b
    Example:
      decroche compliance check cases.jsonl --json
    """


def _switches(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:
    from compliance.law.engine import Switches

    known = {field.name for field in fields(Switches)}
    chosen: dict[str, bool] = {}
    for value in values:
        name, _, state = value.partition("=")
        if name not in known or state not in ("on", "off"):
            raise click.BadParameter(f"{value!r}: NAME=on or NAME=off, NAME one of {', '.join(sorted(known))}")
        chosen[name] = state == "on"
    return Switches(**chosen)


switch_option = click.option(
    "--switch",
    "switches",
    multiple=True,
    metavar="NAME=on|off",
    callback=_switches,
    help="Answer an open question of the law otherwise (see compliance/README.md).",
)


@compliance.command()
@click.argument("cases", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@switch_option
@json_option
@click.pass_context
def check(ctx: click.Context, cases: Path, switches: Any, as_json: bool) -> None:
    """Decide each case of CASES (JSON, one a line; - for standard input), in order.

    A table on a terminal; one answer a line, in JSON, with --json, to a pipe or to a file.

    Exit status: 0 all allowed, 1 some refused, 3 some bad.

    \b
    Example:
      decroche compliance check cases.jsonl --json
    """
    from compliance.law.check import answers, encoded, status_of

    worst: int | None = None
    with click.open_file(str(cases), "rb") as lines:
        if as_lines(as_json):
            for block in _batched(encoded(lines, switches), 1 if str(cases) == "-" else _BLOCK):
                click.echo("\n".join([line for line, _ in block]))
                worst = max([worst or 0, *(status for _, status in block)])
        else:
            shown = list(answers(lines, switches))
            worst = max(map(status_of, shown), default=None)
            emit([_row(answer) for answer in shown], _COLUMNS, as_json=False)
    if worst is None:
        raise BadInput(f"{cases}: there is no case in it", hint="one JSON object a line; see compliance/README.md")
    ctx.exit(worst)


_COLUMNS = ("id", "allowed", "why", "law", "next_allowed_at")


_BLOCK = 500
"""Answers written at once; what comes by a pipe is answered line by line."""


def _batched(found: Iterable[_T], count: int) -> Iterator[list[_T]]:
    """In lists of `count`, the last one shorter (Python 3.12 has it)."""
    left = iter(found)
    while block := list(islice(left, count)):
        yield block


def _row(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        error = answer["error"]
        return {"id": answer["id"], "allowed": "bad case", "why": f"{error['field']}: {error['message']}"}
    return {
        "id": answer["id"],
        "allowed": "yes" if answer["allowed"] else "no",
        "why": ", ".join(answer["reasons"]),
        "law": "; ".join(answer["law"]),
        "next_allowed_at": answer["next_allowed_at"],
    }


@compliance.command()
@click.argument("case")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Its language.")
@switch_option
@json_option
def explain(case: str, lang: Any, switches: Any, as_json: bool) -> None:
    """Say why a call may or may not be placed, with the articles and the day each rule began.

    CASE is one JSON case, the file that holds it, or - for standard input.

    \b
    Example:
      decroche compliance explain case.json --lang en
    """
    from compliance.law.cases import from_json
    from compliance.law.engine import decide
    from compliance.law.explain import explain_case

    read = from_json(_one_case(case))
    text = explain_case(read, lang, switches)
    if as_json:
        click.echo(to_json({**decide(read, switches).as_json(), "lang": lang, "explanation": text}))
    else:
        click.echo(text)


def _one_case(case: str) -> object:
    text = case
    if not case.lstrip().startswith("{"):
        if case != "-" and not Path(case).is_file():
            raise BadInput(f"no file {case}", hint="give a JSON case, or the file that holds one")
        with click.open_file(case, encoding="utf-8-sig") as file:
            text = file.read()
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadInput(f"the case is not JSON: {error}", hint="one case; for several, use check") from error


@compliance.command()
@click.option("--postcode", help="Where the person is: five digits.")
@click.option("--to", "number", help="Or the number to call, where no address is known.")
@click.option("--month", required=True, help="Such as 2026-12.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Its language.")
@switch_option
@json_option
def calendar(postcode: str | None, number: str | None, month: str, lang: Any, switches: Any, as_json: bool) -> None:
    """Draw the hours of a month at which consumers may be called, in their own time.

    \b
    Example:
      decroche compliance calendar --postcode 97400 --month 2026-12
    """
    from compliance.law import calendar as drawing

    days = drawing.month(drawing.places(postcode, number), month, local=switches.local_holidays)
    if as_json:
        for day in days:
            click.echo(to_json(day.as_json()))
    else:
        click.echo(drawing.draw(days, lang))


@compliance.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Only those in force on that day, in Paris.")
@click.option("--grade", type=click.Choice(["A", "B", "C"]), help="Only those whose text was read so; C: press alone.")
@json_option
def rules(files: tuple[Path, ...], day: datetime | None, grade: str | None, as_json: bool) -> None:
    """The rules with their articles and dates; or those of rule FILES (TOML), which are checked.

    Grades: A an official text was read, B it is quoted by others, C code or press only: to be verified.

    Exit status 2 for a file with overlapping dates, a missing reference or another fault, named by line and field.

    \b
    Example:
      decroche compliance rules --on 2026-08-11
      decroche compliance rules --grade C
    """
    from compliance.law.rulebook import PARIS, load, rulebook

    book = load(files) if files else rulebook()
    found = book.at(day.replace(hour=12, tzinfo=PARIS)).values() if day else book.rules
    rows = [
        {
            "rule": rule.id,
            "from": rule.first,
            "until": rule.last,
            "reference": rule.reference,
            "grade": rule.grade,
            "says": rule.fr,
        }
        for rule in sorted(found, key=lambda rule: rule.version)
        if grade is None or grade in rule.grade.split("/")
    ]
    emit(rows, ("rule", "from", "until", "reference", "grade", "says"), as_json=as_json, empty="no rule")


compliance.add_command(consent)
compliance.add_command(opposition)
compliance.add_command(bloctel)
compliance.add_command(callback)
compliance.add_command(audit)
compliance.add_command(switch)
compliance.add_command(caller_id)
compliance.add_command(verify)


if __name__ == "__main__":
    compliance()
