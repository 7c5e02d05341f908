"""Which mind the settings ask for, and whether it is fit to be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llm.base import LlmError, Mind
from store.base.errors import BadInput, DecrocheError
from store.base.settings import Settings, settings
from store.weights import default, file, verify

LEADING_BILLIONS = 7.0
"""Parameters from which a model understands callers better than the house does without it."""


def model_name(chosen: Settings) -> str:
    """The local model's name in the catalogue, or the path of a GGUF file."""
    if chosen.llm.model:
        return chosen.llm.model
    found = default("llm", "fr", chosen.device)
    if found is None:
        raise BadInput(f"no language model is the default for {chosen.device}", hint="set llm.model")
    return found.name


def model_file(chosen: Settings) -> Path:
    """The local model's GGUF file. Raises when it is not on this machine."""
    name = model_name(chosen)
    return Path(name).expanduser() if name.endswith(".gguf") else file(name, ".gguf")


def mind(chosen: Settings | None = None) -> Mind:
    """The engine `chosen` (else the process's settings) asks for.

    The local one loads its model, which blocks for some seconds: one instance serves the whole process.
    Raises LlmError, ModelMissing, ModelDamaged or BadInput, also for an engine that lacks what the house needs.
    """
    chosen = chosen or settings()
    opened = _engine(chosen).open(chosen)
    if not opened.capabilities.schema:
        raise BadInput(
            f"llm.engine {chosen.llm.engine!r} gives no answers under a schema, which every call needs",
            hint=f"set llm.engine to one of {', '.join(ENGINES)}",
        )
    opened.leads = leads(chosen)
    return opened


def leads(chosen: Settings) -> bool:
    """Whether the mind chooses an agent's moves. `auto`: a server's does, and a model of seven billion or more here."""
    if chosen.llm.leads != "auto":
        return chosen.llm.leads == "always"
    if chosen.llm.engine == "openai":
        return True
    size = re.search(r"(\d+(?:\.\d+)?)b\b", model_name(chosen).lower())
    return size is not None and float(size[1]) >= LEADING_BILLIONS


def checks(chosen: Settings | None = None) -> list[dict[str, Any]]:
    """For `doctor`: one row a part, `{"check", "ok", "detail", "hint"}`. Loads no model."""
    chosen = chosen or settings()
    try:
        parts = _engine(chosen).parts
    except BadInput as error:
        return [{"check": "llm engine", "ok": False, "detail": str(error), "hint": error.hint}]
    return [_row(name, partial(look, chosen)) for name, look in parts.items()]


@dataclass(frozen=True, slots=True)
class Engine:
    """How a mind is opened, and what `doctor` looks at: name of the part → what is found there, or an error."""

    open: Callable[[Settings], Mind]
    parts: Mapping[str, Callable[[Settings], str]]


def _engine(chosen: Settings) -> Engine:
    if chosen.llm.engine not in ENGINES:
        raise BadInput(f"llm.engine is {chosen.llm.engine!r}", hint=f"set it to one of {', '.join(ENGINES)}")
    return ENGINES[chosen.llm.engine]


def _open_llama(chosen: Settings) -> Mind:
    from llm.llama import LlamaMind

    return LlamaMind(
        model_file(chosen),
        context=chosen.llm.context,
        calls=chosen.llm.calls,
        threads=chosen.llm.threads,
        gpu=chosen.device == "cuda",
    )


def _open_openai(chosen: Settings) -> Mind:
    from llm.openai import OpenAiMind
    from llm.pooled import PooledMind

    open_one = partial(OpenAiMind, model=chosen.llm.model, key_variable=chosen.llm.api_key_env)
    addresses = list(dict.fromkeys([chosen.llm.base_url, *chosen.llm.other_urls]))
    if len(addresses) == 1:
        return open_one(chosen.llm.base_url)
    return PooledMind([open_one(each, attempts=1) for each in addresses])


def _server(chosen: Settings) -> str:
    from llm.openai import reach

    every = dict.fromkeys([chosen.llm.base_url, *chosen.llm.other_urls])
    return "; ".join(reach(each, chosen.llm.api_key_env) for each in every)


def _row(check: str, look: Any) -> dict[str, Any]:
    try:
        return {"check": check, "ok": True, "detail": look(), "hint": ""}
    except DecrocheError as error:
        return {"check": check, "ok": False, "detail": str(error), "hint": error.hint}


def _library(_: Settings) -> str:
    if find_spec("llama_cpp") is None:
        raise LlmError("llama-cpp-python is not installed", hint="type: scripts/setup")
    from importlib.metadata import version

    return f"llama-cpp-python {version('llama-cpp-python')}"


def _model(chosen: Settings) -> str:
    found = model_file(chosen)
    if model_name(chosen).endswith(".gguf"):
        if not found.is_file():
            raise LlmError(f"no model at {found}", hint="set llm.model")
    else:
        verify(model_name(chosen))
    return str(found)


ENGINES: dict[str, Engine] = {
    "llama-cpp": Engine(_open_llama, {"llm engine": _library, "llm model": _model}),
    "openai": Engine(_open_openai, {"llm server": _server}),
}
"""`llm.engine` → the mind. Another is one file, one row here, and the contract in tests/contract/."""
