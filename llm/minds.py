"""Which mind the settings ask for, and whether it is fit to be used."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llm.base import LlmError, Mind
from store.base.errors import BadInput, DecrocheError
from store.base.settings import Settings, settings
from store.weights import default, file, verify


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
    Raises LlmError, ModelMissing, ModelDamaged or BadInput.
    """
    chosen = chosen or settings()
    if chosen.llm.engine == "openai":
        from llm.openai import OpenAiMind

        return OpenAiMind(chosen.llm.base_url, model=chosen.llm.model, key_variable=chosen.llm.api_key_env)
    from llm.llama import LlamaMind

    return LlamaMind(
        model_file(chosen),
        context=chosen.llm.context,
        calls=chosen.llm.calls,
        threads=chosen.llm.threads,
        gpu=chosen.device == "cuda",
    )


def checks(chosen: Settings | None = None) -> list[dict[str, Any]]:
    """For `doctor`: one row a part, `{"check", "ok", "detail", "hint"}`. Loads no model."""
    chosen = chosen or settings()
    if chosen.llm.engine == "openai":
        from llm.openai import reach

        return [_row("llm server", lambda: reach(chosen.llm.base_url, chosen.llm.api_key_env))]
    return [_row("llm engine", _engine), _row("llm model", lambda: _model(chosen))]


def _row(check: str, look: Any) -> dict[str, Any]:
    try:
        return {"check": check, "ok": True, "detail": look(), "hint": ""}
    except DecrocheError as error:
        return {"check": check, "ok": False, "detail": str(error), "hint": error.hint}


def _engine() -> str:
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
