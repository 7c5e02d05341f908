"""`decroche billing …`: what an operator types about money."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from pathlib import Path

import click

from billing.batch import rate_blocks
from billing.cdrs import read_blocks
from billing.cli_common import FILE, LazyGroup
from billing.tariff import read_tariff
from store.console import emit, err, json_option


class BillingGroup(LazyGroup):
    """The commands that need the database are imported when they are asked for."""

    elsewhere: Mapping[str, str] = {
        "tariff": "billing.cli_tariff:tariff",
        "import": "billing.cli_import:import_",
        "usage": "billing.cli_usage:usage",
        "payment-method": "billing.cli_collect:payment_method",
        "doctor": "billing.cli_rounds:doctor",
        "dispute-close": "billing.cli_late:dispute_close",
        "late": "billing.cli_late:late_",
        "legal-rate": "billing.cli_late:legal_rate",
        "price-change": "billing.cli_plans:price_change",
        "rounds": "billing.cli_rounds:rounds",
        **{name: f"billing.cli_plans:{name}" for name in ("plan", "subscribe", "subscription")},
        **{name: f"billing.cli_collect:{name}" for name in ("account", "controls", "notices", "collect")},
        **{name: f"billing.cli_late:{name}" for name in ("dunning", "dispute", "disputes")},
        **{name: f"billing.cli_invoice:{name}" for name in ("invoice", "rerate", "reconcile")},
        **{name: f"billing.cli_parties:{name}" for name in ("seller", "customer")},
        **{name: f"billing.cli_money:{name}" for name in ("pay", "refund", "credit", "statement")},
    }


@click.group(cls=BillingGroup)
def billing() -> None:
    """Rate calls, issue invoices, collect what is due.

    \b
    Example: decroche billing rate --tariff tariff.toml cdrs.csv
    """


@billing.command()
@click.option("--tariff", "tariff_path", type=FILE, required=True, help="The tariff, a TOML file.")
@click.argument("cdrs", type=FILE)
@json_option
@click.pass_context
def rate(ctx: click.Context, tariff_path: Path, cdrs: Path, as_json: bool) -> None:
    """Price every call of the CSV file CDRS, in its order. Nothing is stored.

    Exit status: 0 when every row is rated, unanswered or a duplicate; 3 when some are unrated or
    rejected; 2 when the tariff or the file is wrong.

    \b
    Example: decroche billing rate --tariff tariff.toml --json cdrs.csv
    """
    terms = read_tariff(tariff_path)
    gc.disable()  # a million answers and no cycle among them
    batch = rate_blocks(read_blocks(cdrs), terms)
    if as_json:
        _write(batch.parts)
    else:
        _table(batch.lines)
        err.print(", ".join(f"{count} {status}" for status, count in batch.counts.items() if count) or "no calls")
    ctx.exit(0 if batch.complete else 3)


def _write(parts: list[str]) -> None:
    for start in range(0, len(parts), 1_000):
        click.echo("\n".join(parts[start : start + 1_000]).encode())  # bytes: UTF-8 in every locale


def _table(lines: list[str]) -> None:
    import json

    columns = (
        "call_id", "status", "answered_seconds", "billed_seconds", "bundle_seconds", "charged_seconds",
        "amount", "prefix", "reason",
    )  # fmt: skip
    emit([json.loads(line) for line in lines], columns, as_json=False, empty="no calls")


if __name__ == "__main__":
    billing()
