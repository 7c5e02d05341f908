"""Runs an engine's blocking generator in threads, so that the event loop is never held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import Executor


async def in_threads(executor: Executor, pieces: Generator[bytes]) -> AsyncGenerator[bytes]:
    """What `pieces` yields, each piece made in a thread when it is asked for (so a slow reader slows it).

    Closing this generator closes `pieces`, after the piece being made: engines cannot be stopped inside one.
    """
    job = None
    try:
        while True:
            job = executor.submit(next, pieces, None)
            piece = await asyncio.wrap_future(job)
            if piece is None:
                return
            if piece:
                yield piece
    finally:
        if job is not None:
            job.add_done_callback(lambda _: pieces.close())
