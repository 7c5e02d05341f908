"""One analysis: the mind asked under a schema, its answer sifted. An answer that does not fit is none."""

from __future__ import annotations

import json
from typing import Any, cast

from agents.after.asking import longest, messages, schema
from agents.after.sifting import Analysis, sift
from agents.after.transcript import Transcript
from agents.definition import Agent
from llm.base import LlmError, Mind

_UNFIT = frozenset({"llm_cut", "llm_schema", "llm_input"})
"""Errors of one answer, which another try would meet again."""


async def analyse(agent: Agent, heard: Transcript, mind: Mind | None) -> Analysis:
    """What the call leaves to read. Raises LlmError where the mind is away; without one, the house's own words."""
    return sift(agent, heard, await _answer(agent, heard, mind) if mind is not None and heard.lines else {})


async def _answer(agent: Agent, heard: Transcript, mind: Mind) -> dict[str, Any]:
    slot = "after"
    try:
        text = await mind.complete(
            messages(agent, heard), slot=slot, schema=schema(agent, heard), max_tokens=longest(agent)
        )
        found = json.loads(text)
    except LlmError as error:
        if error.code not in _UNFIT:
            raise
        return {}
    except ValueError:
        return {}
    finally:
        await mind.release(slot)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
