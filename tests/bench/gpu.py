"""Ear, voice, mind and understanding on a GPU, one after the other, as one JSON object: `scripts/bench gpu`.

    scripts/bench gpu [--device cuda] [--minutes 10] [--most 6] > gpu.json

`scripts/bench` sets the environment up for CUDA first (llama-cpp-python is built for it, which needs nvcc), and the
device's default models are fetched here. Each part is the bench of that name in a process of its own, with what is left
of the time; a part that fails or runs out of it says so in its place and the others go on (exit status 1 at the end).
`--device cpu` tries the bench itself where there is no GPU.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from store import weights
from store.weights.entries import Device


def card() -> str | None:
    """The GPU in the driver's words; None: there is none, or no driver."""
    if shutil.which("nvidia-smi") is None:
        return None
    asked = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip() or None if done.returncode == 0 else None


def parts(device: Device, most: int) -> Mapping[str, Sequence[str]]:
    """Each part's bench and its arguments."""
    mind = weights.default("llm", "fr", device)
    return {
        "mind": ["llm_speed", *([mind.name] if mind else [])],
        "ear": ["asr", "--json", "--limit", "40"],
        "voice": ["tts_speed"],
        "understanding": ["understanding", "--ways", "house,plain", "--most", str(most)],
    }


def run(name: str, arguments: Sequence[str], device: str, seconds: float) -> dict[str, Any]:
    """One part: `{"seconds", "figures"}`, or `{"seconds", "failed"}`."""
    began, seconds = time.monotonic(), max(1.0, seconds)
    facts: dict[str, Any] = {}
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"tests.bench.{name}", *arguments], capture_output=True, text=True, check=False,
            timeout=seconds, env={**os.environ, "DECROCHE_DEVICE": device},
        )  # fmt: skip
        if done.returncode == 0:
            facts["figures"] = _read(done.stdout)
        else:
            facts["failed"] = (done.stderr.strip().splitlines() or ["no reason told"])[-1][:300]
    except subprocess.TimeoutExpired:
        facts["failed"] = f"not done in {seconds:.0f} s"
    except ValueError as error:
        facts["failed"] = f"what it printed is no JSON: {error}"
    return {"seconds": round(time.monotonic() - began, 1), **facts}


def _read(text: str) -> Any:
    """One JSON value, or JSON lines."""
    try:
        return json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line]


def main() -> int:
    """Fetch, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--minutes", type=float, default=10, help="for all parts together")
    parser.add_argument("--most", type=int, default=6, help="conversations of each company at most")
    parser.add_argument("--only", default="", help="parts, by commas: mind, ear, voice, understanding")
    options = parser.parse_args()
    found = card()
    if options.device == "cuda" and found is None:
        print("error: no GPU answers nvidia-smi; --device cpu tries the bench without one", file=sys.stderr)
        return 5
    device = cast("Device", options.device)
    if device == "cuda":
        wanted = [model.name for model in weights.defaults(("fr",), device)]
        pull = [sys.executable, "-m", "ari_app.cli", "models", "pull", *wanted]
        subprocess.run(pull, env={**os.environ, "DECROCHE_DEVICE": device}, stdout=sys.stderr, check=False)
    deadline = time.monotonic() + options.minutes * 60
    chosen = {k: v for k, v in parts(device, options.most).items() if not options.only or k in options.only.split(",")}
    told: dict[str, Any] = {"bench": "gpu", "device": device, "card": found, "load": round(os.getloadavg()[0], 2)}
    for name, (bench, *arguments) in chosen.items():
        print(name, file=sys.stderr)
        told[name] = run(bench, arguments, device, deadline - time.monotonic())
    print(json.dumps(told, ensure_ascii=False))
    return 1 if any("failed" in told[name] for name in chosen) else 0


if __name__ == "__main__":
    raise SystemExit(main())
