"""What every command shares: `--json`, tables, progress, errors as messages, exit statuses.

Exit statuses: 0 done; 1 refused or failed; 2 bad input or usage; 3 done in part (some rows bad);
4 not found; 5 a part is unavailable; 70 a fault of ours (logged with its traceback); 130 interrupted.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from store.base.errors import BadInput, DecrocheError, reason
from store.base.spreadsheet import PARIS

_UNSEEN = {code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
           if chr(code) not in "\n\t"}  # fmt: skip
"""What moves the cursor, colours, renames the window or turns the line's direction."""


def shown(text: str) -> str:
    """Text of others as a terminal may have it: its control characters are seen, and do nothing (CWE-150)."""
    return text.translate(_UNSEEN)


class _Plain(Console):
    """No markup: names, reasons and numbers come from others, and "[/x]" among them is what they wrote."""

    def print(self, *objects: Any, **how: Any) -> None:
        super().print(*(shown(one) if isinstance(one, str) else one for one in objects), **how)


out = _Plain(highlight=False, markup=False, soft_wrap=True)
err = _Plain(stderr=True, highlight=False, markup=False, soft_wrap=True)  # messages are never broken in two lines

SOME_BAD = 3
"""Done in part: some rows were bad."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


class Amount(click.FloatRange):
    """A number of seconds, milliseconds or the like: within its bounds, and neither nan nor inf."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no length of anything", param, ctx)
        return number


POSITIVE = Amount(min=0, min_open=True)
NOT_NEGATIVE = Amount(min=0)


def to_json(value: object) -> str:
    """One line of JSON; dates as ISO 8601, ids and paths as text, accents kept."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Path | Decimal):
        return str(value)
    raise TypeError(f"not JSON: {type(value).__name__}")


def emit(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str = "nothing") -> None:
    """Print rows: one JSON object a line, or a table of `columns` that fits 100 columns."""
    if as_json:
        for row in rows:
            click.echo(to_json(row))
        return
    if not rows:
        err.print(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(c)) for c in columns))
    Console(highlight=False, markup=False, width=min(out.width, 100) if sys.stdout.isatty() else 100).print(table)


def as_lines(as_json: bool) -> bool:
    """Whether a command that programs rely on answers in lines of JSON: when told to, and off a terminal."""
    return as_json or not sys.stdout.isatty()


def _cell(value: object) -> str:
    """As a person reads it: an instant to the minute, in Paris, which it says; yes or no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime) and value.tzinfo is not None:
        return f"{value.astimezone(PARIS):%Y-%m-%d %H:%M %Z}"
    return shown(str(value))


@contextmanager
def progress(total: float | None = None, *, what: str) -> Generator[Progress]:
    """A progress bar on standard error for anything over two seconds; silent off a terminal."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=err,
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with bar:
        bar.add_task(what, total=total)
        yield bar


INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells count it: 128 and the number of SIGINT."""


class HouseGroup(click.Group):
    """A group whose errors are messages: `error[code]: what` and `hint: what to do`; never a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta.setdefault(_TYPED, tuple(args))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DecrocheError as error:
            err.print(f"error[{error.code}]: {error}", style="red", markup=False)
            if error.hint:
                err.print(f"hint: {error.hint}", markup=False)
            ctx.exit(error.exit_status)
        except KeyboardInterrupt:
            err.print("interrupted", style="red")
            ctx.exit(INTERRUPTED)
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except BrokenPipeError:
            ctx.exit(0)
        except OSError as error:  # a path that cannot be made, a disk that is full
            if _was_typed(error.filename, ctx.meta.get(_TYPED, ())):
                err.print(f"error[bad_path]: {error.filename}: {reason(error)}", style="red", markup=False)
                err.print("hint: give a path that is there and that you may read or write", markup=False)
                ctx.exit(BadInput.exit_status)
            err.print(f"error[system]: {error}", style="red", markup=False)
            err.print(f"hint: check that path or address; the trace is in {_keep_trace()}", markup=False)
            ctx.exit(5)
        except Exception as error:  # noqa: BLE001  the command's edge: a person sees a message, a file keeps the trace
            err.print(f"error[internal]: {type(error).__name__}: {error}", style="red", markup=False)
            err.print(f"hint: this is a fault of ours; its trace is in {_keep_trace()}", markup=False)
            ctx.exit(70)


_TYPED = "store.base.console.typed"


def _was_typed(path: object, typed: Sequence[str]) -> bool:
    """Whether a path that an error names was given by the person, or is what is given's folder, or lies in it."""
    if not isinstance(path, str):
        return False
    found = Path(path).absolute()
    given = [Path(text.rpartition("=")[2]).absolute() for text in typed if text]
    return any(found in (each, each.parent) or found.parent == each for each in given)


def _keep_trace() -> str:
    """Append the present traceback to a file beside the settings' home; where it is."""
    import tempfile
    import traceback

    from store.base.logs import strike
    from store.base.settings import settings
    from store.base.unprivileged import as_its_folder

    try:
        path = settings().folder("logs") / "faults.log"
    except (DecrocheError, OSError):
        # a name that nobody can have prepared a link at
        path = Path(tempfile.mkdtemp(prefix="decroche-")) / "faults.log"
    head = f"{datetime.now().astimezone().isoformat()} {' '.join(sys.argv[1:2])}"
    opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    as_its_folder(opened, Path(path))
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(f"{head}\n{strike('', traceback.format_exc())}\n")
    return str(path)
