"""Mirrors, as folders and over HTTP with a server that cuts: resumed, checked, put in place whole."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from store import weights as models
from store.weights.pull import PullFailed, pull
from tests.unit.models.conftest import BODY


class Mirror:
    """A server on loopback. `cuts`: how many answers stop half-way; it honours Range like any other."""

    def __init__(self) -> None:
        self.body, self.cuts, self.ranges = BODY, 0, list[str]()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not self.path.endswith("/small/weights.bin"):
                    self.send_error(404)
                    return
                mirror.answer(self)

            def log_message(self, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/models"

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        asked = to.headers.get("Range", "")
        self.ranges.append(asked)
        start = int(found[1]) if (found := re.match(r"bytes=(\d+)-", asked)) else 0
        to.send_response(206 if start else 200)
        to.send_header("Content-Length", str(len(self.body) - start))
        if start:
            to.send_header("Content-Range", f"bytes {start}-{len(self.body) - 1}/{len(self.body)}")
        to.end_headers()
        cut, self.cuts = self.cuts > 0, self.cuts - 1
        end = (start + len(self.body)) // 2 if cut else len(self.body)
        to.wfile.write(self.body[start:end])
        to.close_connection = True

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def mirror(small, configure) -> Iterator[Mirror]:
    server = Mirror()
    configure(models__mirror=server.address)
    yield server
    server.close()


def test_a_download_cut_twice_goes_on_where_it_stopped(mirror):
    mirror.cuts = 2
    counted: list[int] = []
    done = pull(["small"], advance=counted.append)
    assert done[0].sources == ("mirror",)
    assert mirror.ranges[0] == ""
    assert [r for r in mirror.ranges[1:] if r.startswith("bytes=")] == mirror.ranges[1:]
    assert len(mirror.ranges) == 3
    assert sum(counted) == len(BODY)
    models.verify("small")


def test_a_run_that_was_killed_is_gone_on_with_by_the_next(mirror):
    part = models.folder("small") / "weights.bin.mirror.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY[:1000])
    pull(["small"])
    assert mirror.ranges == ["bytes=1000-"]
    models.verify("small")


def test_a_model_that_is_whole_is_not_fetched_again(mirror):
    pull(["small"])
    assert [done.fetched for done in pull(["small"])] == [False]
    assert len(mirror.ranges) == 1


def test_a_damaged_file_is_mended(mirror):
    pull(["small"])
    (models.folder("small") / "weights.bin").write_bytes(BODY[::-1])
    assert pull(["small"])[0].fetched
    models.verify("small")


def test_a_mirror_with_another_file_is_refused_and_leaves_nothing(mirror):
    mirror.body = BODY[::-1]
    with pytest.raises(PullFailed, match="SHA-256"):
        pull(["small"])
    assert not models.present("small")
    assert not list(models.folder("small").glob("weights*"))


def test_nothing_is_fetched_when_offline(mirror, configure):
    configure(models__offline="true")
    with pytest.raises(PullFailed) as caught:
        pull(["small"])
    assert mirror.ranges == []
    assert "offline" in caught.value.hint


def test_a_folder_serves_as_mirror_even_offline(small: Callable[[str], None], configure, tmp_path: Path):
    (tmp_path / "usb" / "small").mkdir(parents=True)
    (tmp_path / "usb" / "small" / "weights.bin").write_bytes(BODY)
    configure(models__mirror=str(tmp_path / "usb"), models__offline="true")
    assert pull(["small"])[0].sources == ("mirror",)


def test_an_unreachable_host_is_asked_once_and_named(small, configure):
    configure(models__mirror="http://127.0.0.1:9/m", models__hub="http://127.0.0.1:9")
    small('hub = { repo = "a/b", revision = "main" }')
    with pytest.raises(PullFailed, match=r"mirror: 127\.0\.0\.1:9 cannot be reached.*; hub: 127\.0\.0\.1:9"):
        pull(["small"])


def test_two_pulls_at_once_fetch_once(mirror):
    threads = [threading.Thread(target=pull, args=(["small"],)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mirror.ranges) == 1


def test_a_mirror_that_goes_on_for_ever_fills_no_disk(mirror):
    mirror.body = BODY + b"x" * (1 << 22)
    with pytest.raises(PullFailed, match="longer than"):
        pull(["small"])
    assert not list(models.folder("small").glob("weights*"))


def test_what_no_checksum_names_is_removed_from_a_models_folder(small, configure, tmp_path):
    """An engine may load what lies beside its weights: a vocabulary of an older catalogue, or anybody's."""
    where = models.folder("small")
    where.mkdir(parents=True)
    (where / "vocabulary.json").write_text("[]")
    (tmp_path / "mirror" / "small").mkdir(parents=True)
    (tmp_path / "mirror" / "small" / "weights.bin").write_bytes(BODY)
    configure(models__mirror=str(tmp_path / "mirror"))
    pull(["small"])
    assert sorted(path.name for path in where.iterdir()) == [".lock", "weights.bin"]
