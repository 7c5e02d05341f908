"""Sentences as vectors: multilingual-e5-small (Wang et al., arXiv 2402.05672), taught by `corpus/` what callers ask.

The base model's weights are a 4-bit file of the catalogue; what was learnt are low-rank additions to them (LoRA, Hu et
al., arXiv 2106.09685) of about a megabyte, `adapter.npz` beside this file. Both are joined when the encoder is opened.
One sentence of ten words takes about 10 ms on two cores.
"""

from __future__ import annotations

import mmap
import struct
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store import weights
from store.base.errors import Unavailable

Vectors = NDArray[np.float32]
MODEL = "e5-small"
ADAPTER = Path(__file__).with_name("adapter.npz")

_BLOCK = 32
"""Weights share a scale by blocks of so many."""
_BLOCK_BYTES = 18
"""A half-precision scale, then the block's 4-bit weights: byte j holds weight j low and weight j + 16 high."""
_LONGEST = 64
"""Tokens of a sentence that are read; a caller's turn has 5 to 30."""
_KEPT = 4096
"""Sentences whose vectors are kept: an agent's own are asked for again in every call."""
SCALE = 2.0
"""What the additions are multiplied by, as in training."""
ADAPTED = ("q", "v", "ao", "fi", "fo")


class EncoderDamaged(Unavailable):
    """The encoder's file is not what it should be."""

    code = "encoder_damaged"
    retryable = False


@dataclass(frozen=True, slots=True)
class Layer:
    """One transformer layer: weights are (out, in)."""

    weights: dict[str, Vectors]
    biases: dict[str, Vectors]
    norms: dict[str, tuple[Vectors, Vectors]]


class Encoder:
    """Sentences in, unit vectors out. Safe to use from several threads; numpy frees the interpreter meanwhile."""

    def __init__(self, file: Path, adapter: Path | None = ADAPTER) -> None:
        """Raises EncoderDamaged. `adapter` None: the base model as it comes."""
        try:
            with file.open("rb") as stream:
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            header = _Header(self._map)
        except (OSError, ValueError, struct.error) as error:
            raise EncoderDamaged(f"{file} cannot be read: {error}", hint=f"decroche models pull {MODEL}") from error
        self._tokenizer = _tokenizer(header)
        self._size, self.heads, self.eps = header.size, header.heads, header.eps
        self._begin, self._end = header.begin, header.end
        self._words = header.offsets["emb.word"]
        self._positions = header.floats("emb.pos").reshape(-1, self._size)
        self._type = header.floats("emb.type")[: self._size]
        self._norm = (header.floats("emb.ln.w"), header.floats("emb.ln.b"))
        learnt = _learnt(adapter) if adapter is not None else {}
        self.layers = tuple(_layer(header, number, learnt) for number in range(header.layers))
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    @property
    def size(self) -> int:
        """Numbers in a vector."""
        return self._size

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """Unit vectors (n, size). What a caller says begins with "query: ", what may answer it with "passage: "."""
        with self._lock:
            known = {s: self._kept[s] for s in sentences if s in self._kept}
            for sentence in known:
                self._kept.move_to_end(sentence)
        fresh = [s for s in dict.fromkeys(sentences) if s not in known]
        if fresh:
            made = self._forward(fresh)
            known.update({sentence: made[row] for row, sentence in enumerate(fresh)})
            with self._lock:
                self._kept.update((s, known[s]) for s in fresh)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return np.stack([known[s] for s in sentences]) if sentences else np.zeros((0, self._size), np.float32)

    def _forward(self, sentences: Sequence[str]) -> Vectors:
        ids = self.token_ids(sentences)
        # sentences of like length go together, so that little is computed for padding
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        out = np.empty((len(ids), self._size), np.float32)
        for at in range(0, len(order), 16):
            some = order[at : at + 16]
            out[some] = self._batch([ids[i] for i in some])
        return out

    def token_ids(self, sentences: Sequence[str]) -> list[list[int]]:
        """Each sentence's tokens, with the marks of its beginning and end."""
        return [[self._begin, *self._tokenizer.encode(s).ids[:_LONGEST], self._end] for s in sentences]

    def embedded(self, ids: Sequence[Sequence[int]]) -> tuple[Vectors, Vectors]:
        """What the first layer is given (n, longest, size), and where there is a token (n, longest), 1 or 0."""
        longest = max(len(row) for row in ids)
        there = np.array([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in ids], np.float32)
        flat = self._rows(token for row in ids for token in [*row, *[1] * (longest - len(row))])
        hidden = flat.reshape(len(ids), longest, self._size) + self._positions[:longest] + self._type
        return _normal(hidden, self._norm, self.eps), there

    def _batch(self, ids: list[list[int]]) -> Vectors:
        hidden, there = self.embedded(ids)
        barred = (1.0 - there)[:, None, None, :] * np.float32(-1e9)
        for layer in self.layers:
            hidden = _normal(hidden + self._attended(layer, hidden, barred), layer.norms["aln"], self.eps)
            inner = _gelu(_linear(layer, "fi", hidden))
            hidden = _normal(hidden + _linear(layer, "fo", inner), layer.norms["oln"], self.eps)
        mean = (hidden * there[..., None]).sum(axis=1) / there.sum(axis=1, keepdims=True)
        return (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)

    def _attended(self, layer: Layer, hidden: Vectors, barred: Vectors) -> Vectors:
        count, longest, size = hidden.shape

        def split(name: str) -> Vectors:
            rows = _linear(layer, name, hidden)
            return rows.reshape(count, longest, self.heads, size // self.heads).transpose(0, 2, 1, 3)

        weight = split("q") @ split("k").transpose(0, 1, 3, 2) / np.float32((size // self.heads) ** 0.5) + barred
        weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
        weight /= weight.sum(axis=-1, keepdims=True)
        mixed = (weight @ split("v")).transpose(0, 2, 1, 3).reshape(count, longest, size)
        return _linear(layer, "ao", mixed)

    def _rows(self, tokens: Iterable[int]) -> Vectors:
        """The tokens' rows of the word table, which stays 4-bit in the file: 96 million numbers for 20 of them."""
        row = self._size // _BLOCK * _BLOCK_BYTES
        raw = b"".join(self._map[self._words + t * row : self._words + (t + 1) * row] for t in tokens)
        return _widened(raw, self._size)


class _Header:
    """The file's plan: sizes, the tokenizer's pieces, where each tensor begins."""

    def __init__(self, data: mmap.mmap) -> None:
        if data[:4] != b"E5S1":
            raise ValueError("it does not begin with E5S1")
        self._data = data
        self.size, self.layers, self.heads, self.inner, _, _, _ = struct.unpack_from("<7i", data, 8)
        (self.eps,) = struct.unpack_from("<f", data, 36)
        count, self.begin, self.end, _, self.unknown = struct.unpack_from("<5i", data, 44)
        (length,) = struct.unpack_from("<Q", data, 64)
        at = 72
        offsets = np.frombuffer(data, np.uint32, count + 1, at)
        scores = np.frombuffer(data, np.float32, count, at + offsets.nbytes)
        at += offsets.nbytes + scores.nbytes
        blob = data[at : at + length]
        self.pieces = [
            (blob[a:b].decode("utf-8", "replace"), float(score))
            for a, b, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
        ]
        at += length
        (mapped,) = struct.unpack_from("<I", data, at + 4)
        self.offsets, self.counts = self._directory(at + 8 + mapped)

    def _directory(self, at: int) -> tuple[dict[str, int], dict[str, int]]:
        (entries,) = struct.unpack_from("<i", self._data, at)
        at += 4
        offsets, counts = dict[str, int](), dict[str, int]()
        for _ in range(entries):
            (length,) = struct.unpack_from("<H", self._data, at)
            name = self._data[at + 2 : at + 2 + length].decode()
            at += 3 + length
            counts[name], offsets[name], _ = struct.unpack_from("<IQQ", self._data, at)
            at += 20
        return offsets, counts

    def floats(self, name: str) -> Vectors:
        """A tensor kept as 32-bit floats."""
        return np.frombuffer(self._data, np.float32, self.counts[name], self.offsets[name]).copy()

    def matrix(self, name: str, rows: int, columns: int) -> Vectors:
        """A 4-bit matrix, widened."""
        at = self.offsets[name]
        return _widened(self._data[at : at + rows * columns // _BLOCK * _BLOCK_BYTES], columns)


def _widened(raw: bytes, columns: int) -> Vectors:
    """4-bit blocks as a matrix of floats with so many columns."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, _BLOCK_BYTES)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * scale).reshape(-1, columns)


def _layer(header: _Header, number: int, learnt: dict[str, Vectors]) -> Layer:
    size, inner = header.size, header.inner
    shapes = {"q": (size, size), "k": (size, size), "v": (size, size), "ao": (size, size),
              "fi": (inner, size), "fo": (size, inner)}  # fmt: skip
    matrices = {name: header.matrix(f"l{number}.{name}.w", *shape) for name, shape in shapes.items()}
    for name in ADAPTED:
        if f"{number}_{name}_A" in learnt:
            added = learnt[f"{number}_{name}_B"] @ learnt[f"{number}_{name}_A"]
            matrices[name] += (SCALE * added).astype(np.float32)
    biases = {name: header.floats(f"l{number}.{name}.b") for name in shapes}
    norms = {n: (header.floats(f"l{number}.{n}.w"), header.floats(f"l{number}.{n}.b")) for n in ("aln", "oln")}
    return Layer(matrices, biases, norms)


def _learnt(adapter: Path) -> dict[str, Vectors]:
    with np.load(adapter) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def _tokenizer(header: _Header) -> Any:
    """SentencePiece's unigram tokens (Kudo, arXiv 1804.10959) over the model's own pieces."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    tokenizer: Any = Tokenizer(models.Unigram(header.pieces, unk_id=header.unknown))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer


def _linear(layer: Layer, name: str, rows: Vectors) -> Vectors:
    return rows @ layer.weights[name].T + layer.biases[name]


def _normal(rows: Vectors, norm: tuple[Vectors, Vectors], eps: float) -> Vectors:
    centred = rows - rows.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(eps))
    return (centred / deviation * norm[0] + norm[1]).astype(np.float32, copy=False)


def _gelu(rows: Vectors) -> Vectors:
    """By the tanh approximation (Hendrycks and Gimpel, arXiv 1606.08415): numpy has no error function."""
    inner = np.float32(0.7978845608) * (rows + np.float32(0.044715) * rows * rows * rows)
    return np.float32(0.5) * rows * (np.float32(1) + np.tanh(inner))


def open_encoder() -> Encoder:
    """The encoder of this machine. Raises ModelMissing, ModelDamaged or EncoderDamaged."""
    return Encoder(weights.file(MODEL))
