"""How each mind of the registry is opened for a test: the local one, and a real OpenAI-compatible server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import httpx

from llm.base import Mind
from llm.llama import LlamaMind
from llm.openai import OpenAiMind
from store.weights import file

KEY_VARIABLE = "DECROCHE_TEST_LLM_KEY"
KEY = "loopback-only"
SMALL = "smollm2-135m"


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Server:
    """A model's server, as a process of its own."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def start_server() -> Server:
    """llama_cpp.server on a free loopback port, once it answers."""
    port = free_port()
    args = ["--model", str(file(SMALL, ".gguf")), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "llama_cpp.server", *args, "--n_ctx", "2048", "--n_threads", "1", "--api_key", KEY],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ,
    )  # fmt: skip
    server = Server(f"http://127.0.0.1:{port}/v1", process)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{server.url}/models", headers={"Authorization": f"Bearer {KEY}"}, timeout=5)
        except httpx.HTTPError:
            time.sleep(0.1)  # a process starting up gives nothing to await
        else:
            return server
    server.stop()
    raise AssertionError("llama_cpp.server did not start")


@asynccontextmanager
async def _llama() -> AsyncIterator[Mind]:
    mind = LlamaMind(file(SMALL, ".gguf"), context=2048, calls=2, threads=1)
    try:
        yield mind
    finally:
        await mind.close()


@asynccontextmanager
async def _openai() -> AsyncIterator[Mind]:
    os.environ[KEY_VARIABLE] = KEY
    server = start_server()
    mind = OpenAiMind(server.url, key_variable=KEY_VARIABLE)
    try:
        yield mind
    finally:
        await mind.close()
        server.stop()


OPENERS: dict[str, Callable[[], AbstractAsyncContextManager[Mind]]] = {"llama-cpp": _llama, "openai": _openai}
