"""What Kamailio in front of several nodes is told: whom it hears, where a call goes, what it never does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from asterisk_conf.kamailio.front import Front, Node, front, rendered
from asterisk_conf.kamailio.writing import write
from asterisk_conf.render import Places, render
from asterisk_conf.trunks import keep_trunks
from dialplan.contexts import extensions
from store.base.errors import BadInput
from store.base.settings import AsteriskSettings, CallSettings, KamailioSettings, Settings
from store.trunks.checking import Trunk

OVH = Trunk("ovh", "sip.example.fr", matches=["192.0.2.0/28", "192.0.2.7"])
SFR = Trunk("sfr", "gate.example.fr")
PLACES = Places(Path("/h"), Path("/r"), Path("/m"), Path("/d"))


def resolve(host: str) -> list[str]:
    return {"gate.example.fr": ["198.51.100.4", "198.51.100.5"]}.get(host, [])


def settings_of(home: Path, **changes: object) -> Settings:
    wanted = {"bind": "203.0.113.9", "nodes": ["paris=10.0.0.11", "lyon=10.0.0.12:5070"]} | changes
    return Settings(home=home, kamailio=KamailioSettings.model_validate(wanted))


def files(home: Path, *trunks: Trunk, **changes: object) -> dict[str, str]:
    return rendered(front(settings_of(home, **changes), trunks or (OVH, SFR), resolve), Path("/etc/kam"))


def parameters(text: str) -> dict[tuple[str, str], str]:
    """(module, parameter) → value."""
    found = re.findall(r'^modparam\("(\w+)", "(\w+)", (.+)\)$', text, re.MULTILINE)
    return {(module, name): value.strip('"') for module, name, value in found}


def block(text: str, head: str) -> str:
    """A route's statements, without the lines of comment."""
    found = re.search(rf"^{re.escape(head)} {{\n(.*?)^}}$", text, re.MULTILINE | re.DOTALL)
    assert found, head
    return "\n".join(line for line in found[1].splitlines() if not line.strip().startswith("#"))


def test_each_node_is_a_destination_that_is_asked_every_two_seconds(tmp_path: Path) -> None:
    told = files(tmp_path)
    assert told["dispatcher.list"].splitlines() == [
        "1 sip:10.0.0.11:5060 0 0 duid=paris", "1 sip:10.0.0.12:5070 0 0 duid=lyon",
    ]  # fmt: skip
    said = parameters(told["kamailio.cfg"])
    assert said["dispatcher", "list_file"] == "/etc/kam/dispatcher.list"
    assert said["dispatcher", "ds_ping_method"] == "OPTIONS"
    assert said["dispatcher", "ds_ping_interval"] == "2"
    assert said["dispatcher", "ds_probing_mode"] == "1", "all of them, not only those that failed"
    assert said["dispatcher", "ds_probing_threshold"] == "1"
    assert said["dispatcher", "ds_ping_reply_codes"] == "class=2", "a timeout is a reply of class 4 to it"
    assert said["tm", "fr_timer"] == "2000"


def test_whom_a_message_may_come_from_and_which_trunk_that_is(tmp_path: Path) -> None:
    told = files(tmp_path)
    assert set(told["address.list"].splitlines()) == {
        "1 192.0.2.0 28 0 ovh", "1 192.0.2.7 32 0 ovh", "1 198.51.100.4 32 0 sfr", "1 198.51.100.5 32 0 sfr",
        "2 10.0.0.11 32 0 paris", "2 10.0.0.12 32 0 lyon",
    }  # fmt: skip
    assert parameters(told["kamailio.cfg"])["permissions", "peer_tag_avp"] == "$avp(peer)"


def test_strangers_get_no_answer_before_anything_is_read_of_them(tmp_path: Path) -> None:
    request = block(files(tmp_path)["kamailio.cfg"], "request_route")
    assert re.match(
        r'\s*if \(allow_source_address\("2"\)\) {\s*\$var\(from\) = "node";\s*}'
        r' else if \(allow_source_address\("1"\)\) {\s*\$var\(from\) = "trunk";\s*} else {\s*exit;\s*}',
        request,
    )
    order = [request.index(word) for word in ("mf_process_maxfwd_header", "sanity_check", "CANCEL", "has_totag")]
    assert order == sorted(order)


def test_nothing_is_relayed_for_anybody(tmp_path: Path) -> None:
    text = files(tmp_path)["kamailio.cfg"]
    within, begin = block(text, "route[WITHIN]"), block(text, "route[BEGIN]")
    refused = within.index('"trunk" && !allow_address("2", "$nh(d)", "0")')
    assert refused < within.index("t_set_fr"), "a trunk's message within a call goes to a node, whatever Route it wrote"
    assert begin.index('$var(from) == "node"') < begin.index("record_route"), "nodes call out by themselves"
    assert begin.index('!is_method("INVITE")') < begin.index("record_route")


def test_a_flood_is_refused_before_a_call_begins_and_never_ends_one(tmp_path: Path) -> None:
    text = files(tmp_path, most_a_second=30)["kamailio.cfg"]
    said = parameters(text)
    assert int(said["pike", "reqs_density_per_unit"]) == 30 * int(said["pike", "sampling_time_unit"])
    assert "pike_check_req" in block(text, "route[BEGIN]")
    assert "pike_check_req" not in block(text, "request_route") + block(text, "route[WITHIN]")


def test_a_carrier_cannot_say_which_trunk_it_is(tmp_path: Path) -> None:
    begin = block(files(tmp_path)["kamailio.cfg"], "route[BEGIN]")
    removed = begin.index('remove_hf_re("^X-Decroche-")')
    assert removed < begin.index("X-Decroche-Trunk: $avp(peer)") < begin.index("ds_select_dst")


def test_a_call_goes_on_to_the_next_node_unless_it_rang(tmp_path: Path) -> None:
    failed = block(files(tmp_path)["kamailio.cfg"], "failure_route[NEXT]")
    assert failed.index("t_is_canceled") < failed.index("ds_next_dst")
    assert re.search(r"t_branch_timeout\(\)\) {\s*if \(t_branch_replied\(\)\) {\s*exit;", failed)
    assert 't_check_status("503|408")' in failed
    assert failed.index("ds_next_dst") < failed.index("X-Decroche-Last") < failed.index("t_reply")


def test_behind_nat_and_with_a_network_inside(tmp_path: Path) -> None:
    told = files(tmp_path, bind="10.1.0.2", public_address="203.0.113.9", inside="10.0.0.2", port=5080)
    assert "listen=udp:10.1.0.2:5080 advertise 203.0.113.9:5080" in told["kamailio.cfg"]
    assert "listen=udp:10.0.0.2:5080\nmhomed=1" in told["kamailio.cfg"]
    assert all(";socket=udp:10.0.0.2:5080" in line for line in told["dispatcher.list"].splitlines())


def test_a_trunk_that_registers_or_is_encrypted_comes_to_the_nodes(tmp_path: Path) -> None:
    by_name = Trunk("reg", "192.0.2.99", username="acme", registers=True)
    encrypted = Trunk("tls", "192.0.2.98", transport="tls")
    assert "192.0.2.9" not in files(tmp_path, OVH, by_name, encrypted)["address.list"]


@pytest.mark.parametrize(
    ("trunks", "changes", "said"),
    [
        ((OVH,), {"nodes": ["paris=10.0.0.11"]}, "two nodes"),
        ((OVH,), {"nodes": ["a=10.0.0.11", "a=10.0.0.12"]}, "two nodes"),
        ((OVH,), {"nodes": ["a=10.0.0.11", "b=10.0.0.11:5060"]}, "two nodes"),
        ((), {}, "no trunk comes by Kamailio"),
        ((Trunk("lost", "nowhere.example.fr"),), {}, "trunk lost: nowhere.example.fr has no IPv4 address"),
        ((OVH, Trunk("two", "x.example.fr", matches=["192.0.2.7"])), {}, "may be of ovh or of two"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, trunks: tuple[Trunk], changes: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        front(settings_of(tmp_path, **changes), trunks, resolve)


@pytest.mark.parametrize("node", ["a", "=10.0.0.1", "a=10.0.0.1:0", "a=b.example", 'a"=10.0.0.1', "a b=10.0.0.1"])
def test_a_node_that_is_none_is_refused_by_the_settings(node: str) -> None:
    with pytest.raises(ValueError, match="nodes"):
        KamailioSettings.model_validate({"nodes": [node]})


def test_a_folder_with_another_configuration_is_left_alone(tmp_path: Path) -> None:
    told = Front("127.0.0.1", 5060, "", "", [Node("a", "127.0.0.2", 5060)], [("127.0.0.5/32", "ovh")], 50)
    out = tmp_path / "out"
    assert [path.name for path in write(rendered(told, out), out)] == [
        "address.list",
        "dispatcher.list",
        "kamailio.cfg",
    ]
    assert write(rendered(told, out), out), "ours is written again"
    (out / "kamailio.cfg").write_text("#!KAMAILIO\n# mine\n")
    with pytest.raises(BadInput, match="was not written by decroche"):
        write(rendered(told, out), out)


# -- the nodes behind it ----------------------------------------------------------------------------------------------


def node(home: Path, **call: object) -> Settings:
    of = Settings(
        home=home, asterisk=AsteriskSettings.model_validate({"proxies": ["10.0.0.2"]}),
        call=CallSettings.model_validate(call),
    )  # fmt: skip
    keep_trunks(of, [OVH, Trunk("reg", "192.0.2.99", username="acme", registers=True)])
    of.folder("secrets")
    (of.home / "secrets" / "trunk-reg").write_text("s3cret\n")
    (of.home / "secrets" / "trunk-reg").chmod(0o600)
    return of


def section(text: str, name: str, kind: str) -> list[str]:
    """The lines of a section of pjsip.conf, of this type or template."""
    parts = [part.splitlines() for part in re.split(r"^\[", text, flags=re.MULTILINE)]
    return next(part for part in parts if part and part[0].startswith(f"{name}]") and kind in "\n".join(part[:3]))


def test_a_node_believes_a_trunks_name_of_the_proxy_and_of_nobody_else(tmp_path: Path) -> None:
    text = render(node(tmp_path), PLACES)["pjsip.conf"]
    assert "endpoint_identifier_order=header,ip," in text
    assert "match_header=X-Decroche-Trunk: ovh" in section(text, "trunk.ovh", "type=identify")
    allowed = [line for line in section(text, "trunk.ovh", "(media)") if line.startswith(("deny", "permit"))]
    assert allowed == ["deny=0.0.0.0/0", "permit=10.0.0.2", "permit=192.0.2.0/28", "permit=192.0.2.7"]
    assert "match=10.0.0.2" in section(text, "decroche.proxy", "type=identify")
    assert "context=decroche-proxy" in section(text, "decroche.proxy", "(media)")


def test_a_trunk_that_registers_is_known_as_ever(tmp_path: Path) -> None:
    text = render(node(tmp_path), PLACES)["pjsip.conf"]
    assert not [line for line in section(text, "trunk.reg", "type=identify") if "header" in line]
    assert not [line for line in section(text, "trunk.reg", "(media)") if line.startswith(("deny", "permit"))]


def test_a_node_alone_has_nothing_of_it(tmp_path: Path) -> None:
    written = render(Settings(home=tmp_path), PLACES)
    assert "header" not in written["pjsip.conf"].replace("headers", "")
    assert "X-Decroche" not in written["extensions.conf"]
    assert "decroche-proxy" not in written["extensions.conf"] + written["pjsip.conf"]


def test_a_node_that_is_away_says_503_and_the_last_one_takes_the_fallback() -> None:
    text = extensions(app="x", proxied=True, elsewhere=True)
    inbound = text.partition("[decroche-inbound]")[2].partition("\n[")[0]
    assert inbound.index("FAILED/trunk") < inbound.index('"FAILED"]?decroche-away')
    full = text.partition("[decroche-full]")[2].partition("\n[")[0]
    assert full.index("decroche-away") < full.index("Hangup(34)")
    assert "decroche-full,${EXTEN}" not in extensions(app="x", proxied=True)
