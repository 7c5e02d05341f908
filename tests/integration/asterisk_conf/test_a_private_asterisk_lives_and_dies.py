"""One or two real Asterisks: started, asked, stopped; what they say when they cannot start."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import psutil
import pytest

from ari_app.softphone.phone import SoftPhone
from asterisk_conf.modules import modules
from asterisk_conf.ports import NotOurAddress, PortTaken
from asterisk_conf.program import NoAsterisk
from asterisk_conf.server import Asterisk, AsteriskDown
from store.base.errors import BadInput
from store.base.settings import Settings
from store.base.unprivileged import system_user
from tests.asterisk_fixture import asterisk_settings


def test_it_says_its_version_its_modules_and_its_channels(asterisk: Asterisk) -> None:
    status = asterisk.status()
    assert int(status.version.split(".")[0]) >= 22
    assert status.modules >= len(modules())  # and those built in
    assert status.channels == 0


def test_it_is_small(asterisk: Asterisk) -> None:
    assert asterisk.status().memory_mb < 150


def test_a_start_leaves_no_warning_and_no_error_in_its_log(new_folder: Path) -> None:
    with Asterisk(asterisk_settings(new_folder), demo=True) as server:
        log = server.log.read_text()
    assert [line for line in log.splitlines() if "WARNING[" in line or "ERROR[" in line] == []


def test_nothing_listens_beyond_the_loopback(asterisk: Asterisk) -> None:
    pid, heard = asterisk.pid(), Event()
    assert pid is not None
    with (
        SoftPhone.of(asterisk.config, "caller1", on_event=lambda event: heard.set()) as phone,
        ThreadPoolExecutor(1) as pool,
    ):
        echo = pool.submit(phone.call, "*43", max_seconds=1.5)
        assert heard.wait(5)
        ports = _listening(pid)
        echo.result(10)
    beyond = {port for address, port in ports if not address.startswith("127.")}
    ours = asterisk.config.asterisk
    carried = {port for _, port in ports if ours.rtp_first <= port <= ours.rtp_last}
    assert carried, "the call's own RTP port is among those looked at"
    # What is left beyond are the two client sockets of pjproject's DNS resolver, on ports of the kernel's choice.
    assert not beyond & {ours.sip_port, ours.http_port, ours.ami_port, *range(ours.rtp_first, ours.rtp_last + 1)}


def test_its_files_can_be_read_by_their_owner_and_its_own_user_only(asterisk: Asterisk) -> None:
    user = system_user()
    found = [path.stat() for path in asterisk.etc.iterdir()]
    assert {entry.st_mode & 0o777 for entry in found} == {0o640 if user else 0o600}
    assert {entry.st_uid for entry in found} == {os.geteuid()}
    assert {entry.st_gid for entry in found} == {user.pw_gid if user else os.getegid()}


def test_starting_what_runs_changes_nothing(asterisk: Asterisk) -> None:
    before = asterisk.pid()
    asterisk.start()
    assert asterisk.pid() == before


def test_another_process_sees_it_and_stops_it(new_folder: Path) -> None:
    config = asterisk_settings(new_folder)
    with Asterisk(config) as server:
        other = Asterisk(config)
        assert other.pid() == server.pid()
        assert other.stop()
        assert server.pid() is None
        assert not other.stop()


def test_an_address_of_another_machine_is_not_called_a_taken_port(new_folder: Path) -> None:
    with pytest.raises(
        NotOurAddress, match=r"asterisk\.bind 203\.0\.113\.9 is not an address of this machine"
    ) as caught:
        Asterisk(asterisk_settings(new_folder, bind="203.0.113.9")).start()
    assert "127.0.0.1" in str(caught.value)
    assert "DECROCHE_ASTERISK__BIND" in caught.value.hint


def test_two_live_beside_each_other(asterisk: Asterisk, new_folder: Path) -> None:
    with Asterisk(asterisk_settings(new_folder)) as second:
        assert second.pid() != asterisk.pid()
        assert second.status().channels == asterisk.status().channels == 0
    assert asterisk.pid() is not None


def test_a_home_with_a_very_long_path_serves_too(new_folder: Path) -> None:
    with Asterisk(asterisk_settings(new_folder / ("long" * 30))) as server:
        assert server.status().pid == server.pid()


def test_a_taken_port_is_named_with_its_owner_and_its_setting(new_folder: Path) -> None:
    config = asterisk_settings(new_folder)
    said = rf"TCP port {config.asterisk.http_port} .* by .*pid"
    with (
        socket.create_server(("127.0.0.1", config.asterisk.http_port)),
        pytest.raises(PortTaken, match=said) as caught,
    ):
        Asterisk(config).start()
    assert "DECROCHE_ASTERISK__HTTP_PORT" in caught.value.hint


def test_a_missing_asterisk_says_what_to_type(new_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECROCHE_CACHE", str(new_folder / "cache"))  # the environment wins over all else
    config = Settings(home=new_folder / "home")
    with pytest.raises(NoAsterisk) as caught:
        Asterisk(config).start()
    assert "decroche asterisk install" in caught.value.hint


def test_a_question_to_a_stopped_one_says_that_it_is_down(new_folder: Path) -> None:
    with pytest.raises(AsteriskDown):
        Asterisk(asterisk_settings(new_folder)).status()


def test_its_numbers_are_kept_and_replaced_as_a_whole(new_folder: Path) -> None:
    with Asterisk(asterisk_settings(new_folder)) as server:
        server.publish_numbers({"+33162000001": "+33199000001", "+33162000002": ""})
        server.publish_numbers({"+33162000002": "+33199000002"})
        shown = server.command("database show decroche")
    assert "+33162000001" not in shown
    assert "decroche/fallback/+33162000002" in shown
    assert "+33199000002" in shown


@pytest.mark.parametrize("number", ["0162000001", "+33 1", "+33;core stop now", "", "+"])
def test_a_number_that_is_no_number_never_reaches_the_console(asterisk: Asterisk, number: str) -> None:
    with pytest.raises(BadInput):
        asterisk.publish_number(number)


def _listening(pid: int) -> list[tuple[str, int]]:
    found = psutil.Process(pid).net_connections("inet")
    return [(item.laddr.ip, item.laddr.port) for item in found if item.status in {"LISTEN", "NONE"}]


def test_publishing_changes_only_what_changed(new_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Asterisk(asterisk_settings(new_folder)) as server:
        server.publish_numbers({f"+3316200000{n}": "" for n in range(5)})
        asked: list[str] = []
        plain = server.command
        monkeypatch.setattr(server, "command", lambda line, **more: (asked.append(line), plain(line, **more))[1])
        server.publish_numbers({f"+3316200000{n}": "+33199000001" if n == 2 else "" for n in range(1, 5)})
        changes = [line for line in asked if not line.startswith("database show")]
        assert changes == [
            "database put decroche/number +33162000002 1",
            'database put decroche/fallback +33162000002 "+33199000001"',
            "database del decroche/number +33162000000",
            "database del decroche/fallback +33162000000",
        ]
        asked.clear()
        server.publish_numbers({f"+3316200000{n}": "+33199000001" if n == 2 else "" for n in range(1, 5)})
        assert asked == ["database show decroche"]
