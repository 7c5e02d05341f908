"""Structured logs: JSON lines in `home/logs/decroche.log`, key=value on a terminal.

`call_scope(call_id)` puts the call's id on every line its task writes, in libraries too. What looks like a
secret is struck out, and phone numbers stay whole only at level debug (they are personal data).
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import sys
from collections.abc import Generator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog

from store.base.settings import Settings, settings
from store.base.unprivileged import as_its_folder

_SECRET_KEY = re.compile(r"pass(word|wd)?$|secret|token|api_?key|authorization|credential|cookie|dsn", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?P<kept>(?:password|passwd|secret|token|api_key|authorization)\s*[=:]\s*(?:bearer\s+|basic\s+)?)"
    r"(?P<quote>['\"]?)[^\s'\",;]+(?P=quote)|(?P<url>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\w.+])(?:(\+\d{1,3}|0)\d{4,11}"
    r"|(\+33 ?(?:\(0\) ?)?|0)[1-9](?:[ .\-\u00a0]\d{2}){3}[ .\-\u00a0])(\d{2})(?!\.?\w)"
)
"""Written in one go, or by twos as in France."""
_STRUCK = "•••"
_MEGABYTE = 1_000_000
_KEPT_FILES = 10


def set_up_logs(
    of: Settings | None = None, *, terminal: bool | None = None, name: str = "decroche"
) -> structlog.stdlib.BoundLogger:
    """Send every log line (ours and libraries') to the file, and to standard error when `terminal`.

    `name`: the file's, one for each process. `terminal` defaults to whether standard error is one. May be called
    again; the last call counts.
    """
    of = of or settings()
    folder = of.folder("logs")
    path = folder / f"{name}.log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    as_its_folder(descriptor, path)
    os.close(descriptor)  # exists, and only its owner reads it, before the handler opens it
    file = logging.handlers.RotatingFileHandler(
        path, maxBytes=20 * _MEGABYTE, backupCount=_KEPT_FILES, encoding="utf-8"
    )
    file.setFormatter(_formatter(structlog.processors.JSONRenderer(ensure_ascii=False), of))
    handlers: list[logging.Handler] = [file]
    if sys.stderr.isatty() if terminal is None else terminal:
        screen = logging.StreamHandler(sys.stderr)
        screen.setFormatter(_formatter(structlog.processors.KeyValueRenderer(key_order=_FIRST), of))
        handlers.append(screen)
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if getattr(handler, "decroche", False)]:
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        handler.decroche = True  # pyright: ignore[reportAttributeAccessIssue]
        root.addHandler(handler)
    root.setLevel(of.log_level.upper())
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return structlog.get_logger("decroche")


@contextmanager
def call_scope(call_id: UUID | str, **more: str) -> Generator[None]:
    """Every line logged inside, by this task and those it starts, carries `call_id` (and `more`)."""
    with structlog.contextvars.bound_contextvars(call_id=str(call_id), **more):
        yield


_FIRST = ["timestamp", "level", "call_id", "event"]


def _shared() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(renderer: structlog.typing.Processor, of: Settings) -> logging.Formatter:
    processors: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _strike(phones=of.log_level != "debug"),
        renderer,
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_shared(), processors=processors)


def _strike(*, phones: bool) -> structlog.typing.Processor:
    def processor(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key in list(event):
            if key not in ("timestamp", "call_id"):
                event[key] = strike(key, event[key], phones=phones)
        return event

    return processor


def strike(key: str, value: object, *, phones: bool = True) -> object:
    """`value` without secrets: all of it when `key` names one, else what in its text looks like one.

    `phones`: phone numbers lose their middle digits (+336•••78).
    """
    if _SECRET_KEY.search(key):
        return _STRUCK
    if isinstance(value, Mapping):
        items = value.items()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return {str(k): strike(str(k), v, phones=phones) for k, v in items}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [strike("", item, phones=phones) for item in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if not isinstance(value, str):
        return value
    text = _SECRET_TEXT.sub(lambda m: (m["kept"] or m["url"]) + _STRUCK, value)
    return _PHONE.sub(lambda m: f"{m[1] or m[2]}{_STRUCK}{m[3]}", text) if phones else text
