"""`decroche asr transcribe` for people and programs."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from asr.cli import asr
from tests.bench.asr import plain, references


def common(text: str, name: str) -> float:
    """The share of a recording's words that stand in `text`: a processor hears one word otherwise than another."""
    said = plain(references()[name]).split()
    return sum(word in plain(text).split() for word in said) / len(said)


def run(*args: object):
    return CliRunner().invoke(asr, ["transcribe", *map(str, args)])


def test_each_file_is_one_line_of_json(sounds: Path):
    files = [sounds / "vm-tooshort.wav", sounds / "vm-nobodyavail.wav"]
    done = run(*files, "--lang", "fr", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert [row["file"] for row in rows] == [str(file) for file in files]
    assert all(
        common(row["text"], name) >= 0.6 for row, name in zip(rows, ("vm-tooshort", "vm-nobodyavail"), strict=True)
    )
    assert set(rows[0]) == {"file", "text", "audio_seconds", "took_seconds"}


def test_a_bad_file_is_reported_and_the_others_go_on(sounds: Path, tmp_path: Path):
    (tmp_path / "bad.wav").write_bytes(b"RIFF nothing")
    done = run(tmp_path / "bad.wav", tmp_path / "none.wav", sounds / "goodbye.wav", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 3
    assert [row.get("error") for row in rows] == ["bad_audio", "bad_audio", None]
    assert "bad.wav" in done.stderr
    assert rows[2]["text"]


def test_a_minute_of_speech_is_heard_from_end_to_end(sounds: Path):
    row = json.loads(run(sounds / "demo-instruct.wav", "--json").stdout)
    assert row["audio_seconds"] > 60
    words = plain(row["text"]).split()
    assert len(words) > 100
    first, last = words[: len(words) // 2], words[len(words) // 2 :]
    assert "appuyez" in first or "appuyez" in last
    assert {"téléphonique", "central", "composer", "poste"} & set(last)


def test_without_json_the_words_themselves_are_printed(sounds: Path):
    shown = run(sounds / "vm-tooshort.wav").stdout
    assert common(shown, "vm-tooshort") >= 0.6
    assert "{" not in shown
