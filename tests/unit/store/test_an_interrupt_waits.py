"""A Ctrl-C between starting a process and writing it down acts once both are done."""

from __future__ import annotations

import signal
import threading

import pytest

from store.base.interrupts import SIGNALS, uninterrupted


def test_it_acts_when_the_block_is_left() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        with uninterrupted():
            done.append("started")
            signal.raise_signal(signal.SIGINT)
            done.append("written down")
        done.append("went on")
    assert done == ["started", "written down"]


def test_it_acts_also_when_the_block_fails() -> None:
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        raise OSError


def test_handlers_are_as_before() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with uninterrupted():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_thread_is_not_interrupted_and_may_use_it() -> None:
    done: list[bool] = []

    def work() -> None:
        with uninterrupted():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
