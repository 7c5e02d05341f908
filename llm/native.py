# pyright: basic
"""llama.cpp behind a small face: one model, one context, tokens, logits and grammars.

The only file that touches llama-cpp-python's C bindings, which are untyped. Nothing here is safe to
use from two threads at once: the scheduler's thread owns it. Wrong use of the C API aborts the
whole process, so everything is checked on this side first.
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llm.base import JsonSchema, LlmError
from llm.gbnf import gbnf
from llm.library import tidy

log = logging.getLogger("decroche.llm.llama")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Entry:
    """One token of a batch: which sequence it belongs to, where, and whether its logits are wanted."""

    token: int
    sequence: int
    position: int
    wanted: bool


class Native:
    """A loaded model and its context."""

    def __init__(
        self, path: Path, *, context: int, sequences: int, batch: int, threads: int = 0, gpu: bool = False
    ) -> None:
        """Load `path` (GGUF). `context`: tokens held for all sequences together; `batch`: most in a step.

        Blocks for about a second. Raises LlmError when the file is missing, damaged or too large.
        """
        # OpenMP's threads spin while they wait; beside Whisper and Piper on few cores that costs far more
        # than it gains (a step took over ten times as long). Read once, when the library is loaded.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        import llama_cpp.llama_cpp as bindings

        tidy()
        c: Any = bindings
        self._c = c
        self._ctx: Any = None
        self._model: Any = None
        c.llama_log_set(_log_sink(c), ctypes.c_void_p(0))
        c.llama_backend_init()
        self._model = _load(c, path, gpu=gpu)
        self._vocab = c.llama_model_get_vocab(self._model)
        self.vocabulary: int = c.llama_vocab_n_tokens(self._vocab)
        self._ctx = _context(c, self._model, context, sequences, batch, threads)
        self._memory = c.llama_get_memory(self._ctx)
        self.context: int = c.llama_n_ctx(self._ctx)
        self.batch = batch
        self._batch = c.llama_batch_init(batch, 0, 1)
        self._pieces: dict[int, bytes] = {}
        self._letters: tuple[NDArray[np.int32], bytes] | None = None

    # -- text and tokens

    @property
    def template(self) -> str:
        """The chat template in the file's metadata; empty when it has none."""
        text = self._c.llama_model_chat_template(self._model, None)
        return text.decode() if text else ""

    @property
    def bos(self) -> int | None:
        """The token every prompt must begin with, for models that want one."""
        wants = self._c.llama_vocab_get_add_bos(self._vocab)
        return self._c.llama_vocab_bos(self._vocab) if wants else None

    def mark(self, which: str) -> str:
        """The text of the `bos` or `eos` token, for chat templates; empty when the model has none."""
        token = getattr(self._c, f"llama_vocab_{which}")(self._vocab)
        return "" if token < 0 else self._c.llama_vocab_get_text(self._vocab, token).decode()

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """Tokens of `text`; `special`: control tokens written in it (`<|im_end|>`) are read as such."""
        data = text.encode()
        room = len(data) + 8
        out = (self._c.llama_token * room)()
        count = self._c.llama_tokenize(self._vocab, data, len(data), out, room, False, special)
        if count < 0:
            raise LlmError(f"{len(data)} bytes of text could not be split into tokens", code="llm_text")
        return list(out[:count])

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for; control tokens stand for none."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._read_piece(token)
        return known

    def _read_piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        size = self._c.llama_token_to_piece(self._vocab, token, buffer, 256, 0, False)
        return buffer.raw[: max(size, 0)]

    def ends(self, token: int) -> bool:
        """Whether the token ends an answer (end of generation)."""
        return bool(self._c.llama_vocab_is_eog(self._vocab, token))

    def letters(self) -> tuple[NDArray[np.int32], bytes]:
        """Tokens, and the byte each begins with, that tell whether a grammar leaves a single way on.

        Printable ASCII: the token of that character alone. Other characters: the token of their first
        byte alone, or every token that begins with it. Empty for a vocabulary that lacks an ASCII one.
        """
        if self._letters is None:
            begin: dict[int, list[int]] = {code: [] for code in (*range(0x20, 0x7F), *range(0xC2, 0xF5))}
            alone: dict[int, list[int]] = {}
            for token in range(self.vocabulary):
                piece = self._read_piece(token)
                if piece[:1] and piece[0] in begin:
                    begin[piece[0]].append(token)
                    if len(piece) == 1:
                        alone.setdefault(piece[0], [token])
            found = begin | alone if all(code in alone for code in range(0x20, 0x7F)) else {}
            pairs = [(token, code) for code, tokens in found.items() for token in tokens]
            self._letters = np.array([t for t, _ in pairs], dtype=np.int32), bytes(c for _, c in pairs)
        return self._letters

    # -- the context

    def decode(self, entries: Sequence[Entry]) -> bool:
        """Read a batch. False when the context has no room for it (nothing was read then)."""
        if not 0 < len(entries) <= self.batch:
            raise LlmError(f"a batch of {len(entries)} tokens, where 1 to {self.batch} fit")
        batch = self._batch
        batch.n_tokens = len(entries)
        for i, entry in enumerate(entries):
            batch.token[i] = entry.token
            batch.pos[i] = entry.position
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = entry.sequence
            batch.logits[i] = entry.wanted
        status = self._c.llama_decode(self._ctx, batch)
        if status == 1:
            return False
        if status != 0:
            raise LlmError(f"llama.cpp failed to read a batch (status {status})", code="llm_failed")
        return True

    def logits(self, index: int) -> Floats:
        """A copy of the logits (one a vocabulary entry) of the batch's entry `index`, which wanted them."""
        pointer = self._c.llama_get_logits_ith(self._ctx, index)
        return np.ctypeslib.as_array(pointer, shape=(self.vocabulary,)).copy()

    def cut(self, sequence: int, position: int) -> None:
        """Forget a sequence from `position` on."""
        self._c.llama_memory_seq_rm(self._memory, sequence, position, -1)

    def share(self, source: int, target: int, length: int) -> None:
        """Make the first `length` tokens of `source` the (empty) `target`'s too. Costs nothing."""
        self._c.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def grammar(self, schema: JsonSchema) -> Grammar:
        """A grammar that accepts exactly the compact JSON texts that fit `schema`. Raises LlmError."""
        return Grammar(self, gbnf(schema))

    def close(self) -> None:
        """Free everything. Harmless when repeated."""
        if self._ctx is not None:
            self._c.llama_batch_free(self._batch)
            self._c.llama_free(self._ctx)
            self._ctx = None
        if self._model is not None:
            self._c.llama_model_free(self._model)
            self._model = None


class Grammar:
    """Where an answer stands in a grammar. `close` frees it; so does leaving `with`."""

    def __init__(self, native: Native, text: str, *, sampler: Any = None) -> None:
        self._native = native
        self._c: Any = native._c
        self._text = text
        self._sampler = sampler or self._c.llama_sampler_init_grammar(native._vocab, text.encode(), b"root")
        if not self._sampler:
            raise LlmError("llama.cpp does not understand the schema's grammar", code="llm_schema")

    def allowed(self, tokens: Sequence[int] | NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which of `tokens` may come next."""
        c = self._c
        data = np.zeros(len(tokens), dtype=[("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])
        data["id"] = tokens
        array = c.llama_token_data_array(
            data=data.ctypes.data_as(c.llama_token_data_p), size=len(data), selected=-1, sorted=False
        )
        c.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return data["logit"] == 0.0

    def accept(self, token: int) -> None:
        """Move on by a token, which must be allowed. Raises LlmError otherwise."""
        if not self.allowed([token])[0]:
            text = self._native.piece(token).decode(errors="replace")
            raise LlmError(f"{text!r} does not fit the schema here", code="llm_schema", retryable=False)
        self._c.llama_sampler_accept(self._sampler, token)

    def clone(self) -> Grammar:
        """Another one at the same place."""
        return Grammar(self._native, self._text, sampler=self._c.llama_sampler_clone(self._sampler))

    def forced(self) -> tuple[str, bool]:
        """The text that must come next whatever the model would say, and whether the answer ends after it."""
        ids, letters = self._native.letters()
        text = bytearray()
        probe = self.clone()
        try:
            while True:
                ways = np.flatnonzero(probe.allowed(ids)) if len(ids) else ()
                ending = probe._may_end()
                if len(ways) != 1 or ending or letters[ways[0]] > 0x7E:
                    return text.decode(), ending and len(ways) == 0 and len(ids) > 0
                self._c.llama_sampler_accept(probe._sampler, int(ids[ways[0]]))
                text.append(letters[ways[0]])
        finally:
            probe.close()

    def _may_end(self) -> bool:
        return bool(self.allowed([self._c.llama_vocab_eos(self._native._vocab)])[0])

    def close(self) -> None:
        """Free it. Harmless when repeated."""
        if self._sampler:
            self._c.llama_sampler_free(self._sampler)
            self._sampler = None


def _load(c: Any, path: Path, *, gpu: bool) -> Any:
    if not path.is_file():
        raise LlmError(f"no model at {path}", code="model_missing", hint="type: decroche models pull", retryable=False)
    if gpu and not c.llama_supports_gpu_offload():
        raise LlmError(
            "device is cuda, but llama-cpp-python was built without it",
            code="llm_no_gpu",
            hint="build it with CUDA, or set device = cpu",
            retryable=False,
        )
    params = c.llama_model_default_params()
    params.n_gpu_layers = 999 if gpu else 0
    model = c.llama_model_load_from_file(os.fsencode(path), params)
    if not model:
        raise LlmError(
            f"{path} is not a model llama.cpp can read",
            code="model_damaged",
            hint=f"delete it and type: decroche models pull {path.parent.name}",
            retryable=False,
        )
    return model


def _context(c: Any, model: Any, context: int, sequences: int, batch: int, threads: int) -> Any:
    params = c.llama_context_default_params()
    params.n_ctx = min(context, c.llama_model_n_ctx_train(model))
    params.n_batch = params.n_ubatch = batch
    params.n_seq_max = sequences
    params.kv_unified = True
    params.n_threads = params.n_threads_batch = threads or os.cpu_count() or 1
    params.no_perf = True
    made = c.llama_init_from_model(model, params)
    if not made:
        c.llama_model_free(model)
        raise LlmError(f"no memory for a context of {context} tokens", code="llm_memory", hint="lower llm.context")
    return made


_sink: Any = None


def _log_sink(c: Any) -> Any:
    """llama.cpp's own log, which would fill standard error, as debug lines of ours."""
    global _sink
    if _sink is None:

        @c.llama_log_callback
        def sink(level: int, text: bytes, _data: Any) -> None:
            if level >= 3:  # warnings and errors
                log.debug("%s", text.decode(errors="replace").rstrip())

        _sink = sink
    return _sink
