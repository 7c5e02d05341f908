"""Real models: SmolLM2-135M, which is quick, and the default one where quality matters."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from llm.llama import LlamaMind
from store.weights import file


@pytest.fixture
async def small() -> AsyncIterator[LlamaMind]:
    """SmolLM2-135M with a context of 2048 tokens for 4 calls."""
    mind = LlamaMind(file("smollm2-135m", ".gguf"), context=2048, calls=4, threads=1)
    yield mind
    await mind.close()


@pytest.fixture
async def good() -> AsyncIterator[LlamaMind]:
    """The default model on a processor."""
    mind = LlamaMind(file("qwen2.5-coder-1.5b", ".gguf"), context=2048, calls=4)
    yield mind
    await mind.close()
