"""The control socket in a real home: who may open it, what bad clients get, what `decroche status` reads from it."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ari_app.service import control
from store.base.errors import DecrocheError, Refused
from store.base.settings import Settings, settings

SECONDS = 30.0


async def status(_: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"ready": True, "asterisk": True, "calls": [], "spooled": 2, "mind": "m", "ear": "e"}


async def refuse(_: Mapping[str, Any]) -> Mapping[str, Any]:
    raise Refused("not today", hint="tomorrow")


async def fail(request: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"to": request["to"]}


@pytest.fixture
async def home(settings_home: Path) -> AsyncGenerator[Settings]:
    """A home whose door is open."""
    server = await control.serve(settings(), {"status": status, "refuse": refuse, "fail": fail})
    yield settings()
    server.close()
    await server.wait_closed()


async def sent(home: Settings, raw: bytes) -> dict[str, Any]:
    """What a client that writes these bytes and no more is answered."""
    reader, writer = await asyncio.open_unix_connection(control.socket_path(home))
    writer.write(raw)
    writer.write_eof()
    try:
        async with asyncio.timeout(SECONDS):
            return json.loads(await reader.readline())
    finally:
        writer.close()
        await writer.wait_closed()


def test_only_its_owner_may_open_the_door(home: Settings) -> None:
    path = control.socket_path(home)
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_request_is_answered(home: Settings) -> None:
    assert (await control.ask(home, "status"))["spooled"] == 2


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", b"\xff\xfe\x00\n", b"{\n", b"null\n", b"[1]\n", b'"status"\n', b'{"do":null}\n',
     b'{"do":["status"]}\n', b'{"do":"format"}\n',
     b'{"do":"status"' + b" " * 200_000 + b"}\n", b"GET / HTTP/1.1\r\n\r\n"],
    ids=["nothing", "empty line", "bytes", "half an object", "null", "list", "text", "no name", "a list's name",
         "unknown", "too long", "http"],
)  # fmt: skip
async def test_a_request_it_does_not_understand_is_told_so_and_the_next_is_served(home: Settings, raw: bytes) -> None:
    assert (await sent(home, raw))["error"]["code"] == "bad_request"
    assert (await control.ask(home, "status"))["ready"]


async def test_a_refusal_reaches_the_asker_with_its_code_hint_and_exit_status(home: Settings) -> None:
    with pytest.raises(DecrocheError, match="not today") as caught:
        await control.ask(home, "refuse")
    assert (caught.value.code, caught.value.hint) == (Refused("").code, "tomorrow")
    assert caught.value.exit_status == Refused.exit_status


async def test_a_request_that_lacks_a_field_says_which(home: Settings) -> None:
    with pytest.raises(DecrocheError, match="to") as caught:
        await control.ask(home, "fail")
    assert caught.value.code == "bad_request"


async def test_a_client_that_leaves_without_reading_harms_nobody(home: Settings) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_unix_connection(control.socket_path(home))
        writer.write(b'{"do":"status"}\n')
        writer.close()
        await writer.wait_closed()
    assert (await control.ask(home, "status"))["ready"]


async def test_a_client_that_says_nothing_keeps_nobody_waiting(home: Settings) -> None:
    _, writer = await asyncio.open_unix_connection(control.socket_path(home))
    assert (await control.ask(home, "status", seconds=SECONDS))["ready"]
    writer.close()
    await writer.wait_closed()


async def test_a_socket_file_without_a_service_is_a_service_that_is_down(home: Settings, new_folder: Path) -> None:
    dead = Settings(home=new_folder / "dead")
    (await asyncio.start_unix_server(lambda _, writer: writer.close(), control.socket_path(dead))).close()
    assert control.socket_path(dead).exists()
    with pytest.raises(control.ServiceDown) as caught:
        await control.ask(dead, "status")
    assert "decroche up" in caught.value.hint


async def _command(home: Settings) -> tuple[int | None, dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ari_app.cli", "status", "--json",
        env={**os.environ, "DECROCHE_HOME": str(home.home)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode, json.loads(out)


async def test_the_status_command_says_what_the_service_says(home: Settings) -> None:
    code, told = await _command(home)
    assert (code, told["service"], told["spooled"], told["calls"]) == (0, "up", 2, [])


async def test_the_status_command_without_a_service_says_down_and_ends_with_5(new_folder: Path) -> None:
    code, told = await _command(Settings(home=new_folder / "dead"))
    assert (code, told["service"], told["asterisk"]) == (5, "down", "down")
