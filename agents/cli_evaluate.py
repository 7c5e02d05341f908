"""`decroche agent evaluate`: how well an agent understands its callers, counted."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from store.base.console import emit, err, json_option, progress
from store.base.errors import BadInput, DecrocheError

if TYPE_CHECKING:
    from agents.evaluation import Suite, Tally
    from agents.trial import TrialResult

_COLUMNS = ["category", "held", "right", "wrong", "harmful", "right %", "p50 s", "p95 s"]


class SomeHarmful(DecrocheError):
    """A conversation did what must never be done."""

    code = "agent_harmful"
    exit_status = 1


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--category", "categories", multiple=True, help="Only conversations of this category; again for more.")
@click.option("--rules-only", is_flag=True, help="Without the language model.")
@click.option("--meaning/--no-meaning", default=True, help="With the sentence encoder, or as without its model.")
@click.option("--failures/--no-failures", default=True, help="Also print each failure and why.", show_default=True)
@json_option
def evaluate(
    files: tuple[Path, ...], categories: tuple[str, ...], rules_only: bool, meaning: bool, failures: bool, as_json: bool
) -> None:
    """Hold the scripted conversations of FILES through the real mind, and count what went right.

    A file is an agent's, with its `tests:`, or one of conversations that names its `agent:`. Right: all was said
    and done as written. Harmful: ended, opted out, booked or put through without cause, said what is never to be
    said, or a number that nothing holds. JSON: a line a conversation, then a line a category.

    Exit status: 0, or 1 when a conversation was harmful; 3 when some conversations could not be read.

    \b
    Example: decroche agent evaluate agents/examples/dental.fr.yaml --no-failures
    """
    from agents.evaluation import read_suite

    suites = [read_suite(path) for path in files]
    for suite in suites:
        for problem in suite.problems:
            err.print(f"{suite.name}: {problem.where}: {problem.what}", markup=False)
    results = asyncio.run(_held(suites, categories, rules_only, meaning and not rules_only))
    if not results:
        raise BadInput("no conversation to hold", hint="write some under 'tests:', or name another category")
    _show(results, failures=failures, as_json=as_json)
    if any(result.harms for _, result in results):
        raise SomeHarmful("some conversations did harm", hint="read the failures above; --json shows the transcripts")
    if any(suite.problems for suite in suites):
        click.get_current_context().exit(3)


async def _held(
    suites: list[Suite], categories: tuple[str, ...], rules_only: bool, meaning: bool
) -> list[tuple[str, TrialResult]]:
    from dataclasses import replace

    from agents.evaluation import evaluate as held
    from agents.meaning.sense import sense_here
    from llm.minds import mind

    if categories:
        suites = [replace(s, trials=tuple(t for t in s.trials if t.category in categories)) for s in suites]
    engine, results = None if rules_only else mind(), list[tuple[str, "TrialResult"]]()
    try:
        with progress(sum(len(suite.trials) for suite in suites), what="conversations") as bar:
            async for suite, result in held(suites, engine, sense_here() if meaning else None):
                results.append((suite.name, result))
                bar.advance(bar.task_ids[0])
    finally:
        if engine is not None:
            await engine.close()
    return results


def _show(results: list[tuple[str, TrialResult]], *, failures: bool, as_json: bool) -> None:
    from agents.evaluation import tallied

    tallies = [_row(tally) for tally in tallied([result for _, result in results])]
    if as_json:
        emit([_told(suite, result) for suite, result in results], [], as_json=True)
        emit(tallies, _COLUMNS, as_json=True)
        return
    if failures:
        for suite, result in results:
            if not result.passed:
                _print_failure(suite, result)
    emit(tallies, _COLUMNS, as_json=False)


def _told(suite: str, result: TrialResult) -> dict[str, Any]:
    verdict = "harmful" if result.harms else "right" if result.passed else "wrong"
    return {"suite": suite, **asdict(result), "passed": result.passed, "verdict": verdict}


def _row(tally: Tally) -> dict[str, Any]:
    half, most = tally.quantile(0.5), tally.quantile(0.95)
    return {
        "category": tally.category, "held": tally.held, "right": tally.right, "wrong": tally.wrong,
        "harmful": tally.harmful, "right %": round(100 * tally.right / tally.held, 1),
        "p50 s": None if half is None else round(half, 2), "p95 s": None if most is None else round(most, 2),
    }  # fmt: skip


def _print_failure(suite: str, result: TrialResult) -> None:
    mark = "HARMFUL" if result.harms else "wrong"
    click.echo(f"{mark}  {suite} / {result.category or 'other'} / {result.name}")
    for line in (*result.failures, *result.why):
        click.echo(f"    {line}")
