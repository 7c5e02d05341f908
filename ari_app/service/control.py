"""The service's own door: a UNIX socket in its home (mode 0600) on which the command asks it for things.

One JSON object a line each way. Who may open the socket is the operating system's answer to who may ask.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pwd
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from store.base.errors import DecrocheError, Unavailable
from store.base.settings import Settings
from store.base.unprivileged import private_folder

log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


class ServiceDown(Unavailable):
    """The service does not run."""

    code = "service_down"


def socket_path(settings: Settings) -> Path:
    """Where the door is. (A UNIX socket's path is at most 107 bytes; a long home gets one in the temp folder.)"""
    path = settings.folder("run") / "control.sock"
    if len(os.fsencode(path)) <= 100:
        return path
    import hashlib
    import tempfile

    mark = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    owner = path.parent.stat().st_uid  # who serves: root gave it the folder
    folder = Path(tempfile.gettempdir()) / f"decroche-{owner}-{mark}"
    private_folder(folder, pwd.getpwuid(owner) if os.geteuid() == 0 and owner else None)
    return folder / "control.sock"


async def serve(settings: Settings, handlers: Mapping[str, Handler]) -> asyncio.Server:
    """Open the door: each request's `do` names its handler."""
    path = socket_path(settings)
    path.unlink(missing_ok=True)
    old = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(lambda r, w: _answer(r, w, handlers), path)
    finally:
        os.umask(old)
    return server


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handlers: Mapping[str, Handler]) -> None:
    try:
        try:
            line = await reader.readline()
        except ValueError:  # longer than any request
            line = b""
        writer.write(json.dumps(await _handle(line, handlers), default=str).encode() + b"\n")
        await writer.drain()
    except ConnectionError:
        log.debug("the asker went away")
    finally:
        writer.close()


async def _handle(line: bytes, handlers: Mapping[str, Handler]) -> Mapping[str, Any]:
    try:
        request: Mapping[str, Any] = json.loads(line)
        handler = handlers[request["do"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return _error("bad_request", "the request is not one I know")
    try:
        return await handler(request)
    except DecrocheError as error:
        return {
            "error": {"code": error.code, "message": str(error), "hint": error.hint, "exit_status": error.exit_status}
        }
    except (KeyError, TypeError, ValueError) as error:
        log.exception("a request could not be served")
        return _error("bad_request", f"{type(error).__name__}: {error}")
    except Exception as error:  # the door's edge: the asker is told, the log keeps the trace
        log.exception("a fault of ours in a request")
        return _error("internal", f"{type(error).__name__}: {error}", exit_status=70)


def _error(code: str, message: str, *, exit_status: int = 2) -> Mapping[str, Any]:
    return {"error": {"code": code, "message": message, "hint": "", "exit_status": exit_status}}


async def ask(settings: Settings, do: str, *, seconds: float = 60.0, **fields: Any) -> dict[str, Any]:
    """Ask the running service. Raises ServiceDown, or what the service answered as an error."""
    try:
        reader, writer = await asyncio.open_unix_connection(socket_path(settings))
    except (FileNotFoundError, ConnectionError) as error:
        raise ServiceDown("the service does not run", hint="decroche up") from error
    try:
        writer.write(json.dumps({"do": do, **fields}).encode() + b"\n")
        async with asyncio.timeout(seconds):
            line = await reader.readline()
    except TimeoutError as error:
        raise ServiceDown(f"the service did not answer in {seconds:.0f} s", hint="decroche status") from error
    finally:
        writer.close()
    if not line:
        raise ServiceDown("the service went away", hint="decroche status")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        told = answer["error"]
        failure = DecrocheError(told["message"], hint=told.get("hint", ""), code=told["code"])
        failure.exit_status = told.get("exit_status", 1)
        raise failure
    return answer
