"""Log lines: structured, bound to their call, without secrets."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from store.base.logs import call_scope, set_up_logs, strike


@pytest.fixture
def log(settings_home: Path) -> Iterator[structlog.stdlib.BoundLogger]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield set_up_logs(terminal=False)
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    structlog.reset_defaults()


def lines(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "logs" / "decroche.log").read_text().splitlines()]


def test_a_line_is_json_with_its_level_and_a_utc_time(log: Any, settings_home: Path) -> None:
    log.info("answered", cause=16)
    (line,) = lines(settings_home)
    assert (line["event"], line["level"], line["cause"], line["timestamp"][-1]) == ("answered", "info", 16, "Z")


async def test_each_task_logs_the_id_of_its_own_call(log: Any, settings_home: Path) -> None:
    async def call(name: str) -> None:
        with call_scope(name):
            await asyncio.sleep(0)
            log.info("spoke", who=name)

    await asyncio.gather(call("a"), call("b"))
    log.info("idle")
    assert [(line.get("call_id"), line.get("who")) for line in lines(settings_home)] == [
        ("a", "a"), ("b", "b"), (None, None),
    ]  # fmt: skip


def test_a_librarys_own_lines_go_the_same_way(log: Any, settings_home: Path) -> None:
    with call_scope("c"):
        logging.getLogger("aioari").warning("odd %s", "event")
    assert [(line["event"], line["call_id"]) for line in lines(settings_home)] == [("odd event", "c")]


def test_a_trace_is_part_of_its_line(log: Any, settings_home: Path) -> None:
    try:
        raise ValueError("password=hush")
    except ValueError:
        log.exception("failed")
    (line,) = lines(settings_home)
    assert "ValueError" in line["exception"]
    assert "hush" not in line["exception"]


def test_the_file_is_its_owners_only(log: Any, settings_home: Path) -> None:
    assert (settings_home / "logs" / "decroche.log").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("password", "hush"),
        ("api_key", "hush"),
        ("event", "connect to postgresql://me:hush@host/db"),
        ("event", "Authorization: Bearer hush"),
        ("event", "secret='hush'"),
        ("settings", {"inner": {"token": "hush"}}),
        ("list", ["token=hush"]),
    ],
)
def test_a_secret_is_struck_out_wherever_it_stands(key: str, value: object) -> None:
    assert "hush" not in str(strike(key, value))


@pytest.mark.parametrize(
    "text",
    [
        "call from +33612345678",
        "rappeler le 0612345678.",
        "au 06 12 34 56 78",
        "'06.12.34.56.78'",
        "+33 (0)6 12 34 56 78",
    ],
)
def test_a_phone_number_loses_its_middle_digits(text: str) -> None:
    struck = str(strike("event", text))
    assert not any(digits in struck for digits in ("12345", "12 34", "12.34"))
    assert struck.rstrip("'.").endswith("•••78")


@pytest.mark.parametrize(
    "text",
    [
        "1763850000.12",
        "0123456.5 s",
        "127.0.0.1:5432",
        "04-12-2026 10:30",
        "01a20569-a3fb-76ae-befd-a1389190e660",
        "2026-11-22T22:00:00Z",
        "took 1234567 µs",
    ],
)
def test_ids_times_and_figures_stay_whole(text: str) -> None:
    assert strike("event", text) == text
