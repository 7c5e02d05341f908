"""H8: an address that a client wrote is asked only if it is public, by https, and where it was looked at."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from agents.loading import AgentFileError, loads
from store.base import outward
from store.base.outward import OutwardFailed, OutwardRefused, ask, destination, is_public, post, send, shaped

PUBLIC = "93.184.216.34"
DENTAL = (Path(__file__).parents[3] / "agents/examples/dental.fr.yaml").read_text(encoding="utf-8")


def answering(*addresses: str) -> outward.Resolve:
    def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
     "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:c0a8:0101::1", "64:ff9b::7f00:1",
     "2001:0:7f00:1::", "fec0::1", "::127.0.0.1", "5f00::1"],
)  # fmt: skip
def test_no_address_inside_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["", "https://", "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https://user:pw@example.org/",
     "https://user@example.org/", "https://{q}/", "https://a.{q}.example/", "https://example.org:8443/", "https://[::1",
     "http://127.0.0.1@example.org/", "https://example.org:port/", "//example.org/", "gopher://example.org:25/_"],
)  # fmt: skip
def test_an_address_of_another_shape_is_refused_before_anything_is_resolved(url: str) -> None:
    def never(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"{host} was resolved")

    with pytest.raises(OutwardRefused):
        destination(url, resolve=never)


@pytest.mark.parametrize("inside", [("127.0.0.1",), ("10.1.2.3",), (PUBLIC, "192.168.0.7"), ("::ffff:127.0.0.1",)])
def test_a_name_that_leads_inside_is_refused(inside: tuple[str, ...]) -> None:
    with pytest.raises(OutwardRefused, match="private network"):
        destination("https://innocent.example/hook", resolve=answering(*inside))


def test_what_is_connected_to_is_the_address_that_was_looked_at() -> None:
    to = destination("https://client.example/hook?a=1", resolve=answering(PUBLIC))
    assert (to.url, to.host, to.name) == (f"https://{PUBLIC}:443/hook?a=1", "client.example", "client.example")
    six = destination("https://client.example/", resolve=answering("2606:4700:4700::1111"))
    assert six.url == "https://[2606:4700:4700::1111]:443/"


def test_what_failed_does_not_tell_a_closed_port_from_an_open_one() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        shut = closed.getsockname()[1]
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        told = []
        for port in (shut, mute.getsockname()[1]):
            with pytest.raises(OutwardFailed) as caught:
                post(f"https://127.0.0.1:{port}/", b"{}", {}, seconds=0.3, allowed=("127.0.0.1:*",))
            told.append(str(caught.value))
    assert told[0] == told[1]


def test_the_operators_exception_is_for_that_host_and_port() -> None:
    allowed = ("intranet.example:8080",)
    to = destination("http://intranet.example:8080/hook", allowed, resolve=answering("10.0.0.5"))
    assert to.url == "http://10.0.0.5:8080/hook"
    for other in ("http://intranet.example:8081/", "http://other.example:8080/"):
        with pytest.raises(OutwardRefused):
            destination(other, allowed, resolve=answering("10.0.0.5"))


def test_an_agents_file_whose_host_the_caller_would_choose_is_refused_with_its_line() -> None:
    step = '    - {id: tell, do: webhook, args: {url: "https://{nom}/hook"}, next: fin}\n    - id: fin\n'
    text = DENTAL.replace("    - id: fin\n", step).replace("tools: [book,", "tools: [book, webhook,")
    text = text.replace("answers: {yes: renseignement, no: fin}", "answers: {yes: renseignement, no: tell}")
    with pytest.raises(AgentFileError, match="host must be written out") as caught:
        loads(text, "dental.yaml")
    assert any("url" in problem.where and problem.line > 0 for problem in caught.value.problems)


def test_a_slot_in_the_path_is_the_clients_own_business() -> None:
    assert shaped("https://client.example/{nom}").hostname == "client.example"


Way = Callable[[str], object]
WAYS: dict[str, Way] = {
    "send": lambda url: send(url, b"{}", {}, seconds=1.0, most=65_536, allowed=("127.0.0.1:*",)),
    "ask": lambda url: ask("GET", url, b"", {}, seconds=1.0, most=65_536, allowed=("127.0.0.1:*",)),
    "post": lambda url: post(url, b"{}", {}, seconds=1.0, allowed=("127.0.0.1:*",)),
}


@pytest.mark.parametrize(
    ("way", "begins"),
    [
        ("send", b""), ("ask", b""), ("post", b""),
        ("send", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
        ("ask", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
    ],
)  # fmt: skip
def test_who_dawdles_holds_nobody_up(way: str, begins: bytes) -> None:
    """It sends a byte now and then for as long as it is listened to: the time is for the whole, not for each byte."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        opened.listen()

        def drip() -> None:
            there, _ = opened.accept()
            with there, suppress(OSError):
                there.sendall(begins)
                while True:  # until the other side hangs up
                    there.sendall(b"x")
                    time.sleep(0.05)  # how slow it is, which is what is tried

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{opened.getsockname()[1]}/"
        with pytest.raises(OutwardFailed):
            WAYS[way](url)
        thread.join()


def test_what_is_answered_packed_is_not_unpacked() -> None:
    """A kilobyte may unpack to gigabytes: it is told that it should not be, and left as it came."""
    packed = gzip.compress(b"x" * 10_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as opened:

        def answer() -> None:
            for _ in range(2):
                there, _from = opened.accept()
                with there, suppress(OSError):
                    heard.append(there.recv(65_536))
                    there.sendall(head + packed)

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{opened.getsockname()[1]}/"
        with pytest.raises(OutwardFailed, match="packed"):
            ask("GET", url, b"", {}, seconds=60, most=20_000_000, allowed=("127.0.0.1:*",))
        got = send(url, b"{}", {}, seconds=60, most=1024, allowed=("127.0.0.1:*",))
        thread.join()
    assert (got.status, got.body) == (200, b"")
    assert all(b"accept-encoding: identity" in asked.lower() for asked in heard)


def test_of_a_long_answer_the_beginning_is_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as opened:

        def pour() -> None:
            there, _ = opened.accept()
            with there, suppress(OSError):
                there.recv(65_536)
                there.sendall(b"HTTP/1.1 500 Oh\r\nContent-Length: 100000000\r\n\r\n")
                while True:
                    there.sendall(b"x" * 65_536)

        thread = threading.Thread(target=pour)
        thread.start()
        url = f"http://127.0.0.1:{opened.getsockname()[1]}/"
        got = send(url, b"{}", {}, seconds=60, most=1024, allowed=("127.0.0.1:*",))
        thread.join()
    assert (got.status, got.body) == (500, b"x" * 1024)


@pytest.mark.parametrize("inside", [("127.0.0.1",), ("10.1.2.3",), (PUBLIC, "192.168.0.7")])
def test_a_message_is_not_sent_inside(inside: tuple[str, ...]) -> None:
    with pytest.raises(OutwardRefused):
        send("https://innocent.example/hook", b"{}", {}, seconds=1, most=10, resolve=answering(*inside))
