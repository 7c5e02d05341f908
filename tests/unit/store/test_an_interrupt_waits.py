"""A Ctrl-C between starting a process and writing it down acts once both are done."""

from __future__ import annotations

import signal
import threading

import pytest

from store.base.interrupts import SIGNALS, uninterrupted


def work_interrupted(done: list[str], fails: bool) -> None:
    with uninterrupted():
        done.append("started")
        signal.raise_signal(signal.SIGINT)
        done.append("written down")
        if fails:
            raise OSError
    done.append("went on")


@pytest.mark.parametrize("fails", [False, True])
def test_it_acts_when_the_block_is_left(fails: bool) -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        work_interrupted(done, fails)
    assert done == ["started", "written down"]


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
