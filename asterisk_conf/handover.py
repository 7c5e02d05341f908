"""Files for an Asterisk the operator already runs: what to include where. Nothing of theirs is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from asterisk_conf.banning import NAMES, fail2ban
from asterisk_conf.modules import modules
from asterisk_conf.program import NoAsterisk, program
from asterisk_conf.render import Places, copy_sounds, render, write
from asterisk_conf.signing import signing
from asterisk_conf.trunks import peers
from asterisk_conf.units import drop_in
from store.base.errors import BadInput
from store.base.settings import Settings

INCLUDED = {
    "pjsip.conf": "pjsip.conf",
    "extensions.conf": "extensions.conf",
    "ari.conf": "ari.conf",
    "manager.conf": "manager.conf",
}
"""Our file → the operator's file whose last line includes it."""

WHOLE = (
    "http.conf", "chan_websocket.conf", "cdr.conf", "cdr_manager.conf", "cdr_custom.conf", "rtp.conf", "modules.conf",
)  # fmt: skip
"""Files given whole, for comparison: the operator's own probably say the same already."""

OPERATORS_LOG = Path("/var/log/asterisk/messages.log")
"""Where Debian's Asterisk logs; the README asks for its security lines there."""

OURS = ("decroche-", "asterisk.service.d-", "fail2ban-")
"""How the files begin that only we write."""

TITLE = "Files of Décroche for an Asterisk you already run"
"""How our README begins: by it a folder that we filled is known."""

_GENERAL = ("[general]", "[global]", "[system]", "[globals]")


def handover(config: Settings, out: Path, *, demo: bool = False) -> list[Path]:
    """Write the files and a README into `out`; their paths. Raises BadInput."""
    try:
        found = program(config)
        places = Places(out.absolute(), out.absolute(), found.modules, found.data)
    except NoAsterisk:  # only the operator's Asterisk is meant; its folders are its own
        places = Places(out.absolute(), out.absolute(), Path("/usr/lib/asterisk/modules"), Path("/usr/share"))
    rendered = render(config, places, demo=demo)
    files = {f"decroche-{name}": _without_general(rendered[name]) for name in INCLUDED}
    files |= {name: rendered[name] for name in _whole(config)}
    _refuse_foreign(files, out)
    write(files, out)
    copy_sounds(out / "sounds")
    for name, text in fail2ban(OPERATORS_LOG, peers(config)).items():
        (out / name).write_text(text, encoding="utf-8")
    (out / "asterisk.service.d-decroche.conf").write_text(drop_in(), encoding="utf-8")
    (out / "README").write_text(_readme(config, out.absolute()), encoding="utf-8")
    return sorted(path for path in out.rglob("*") if path.is_file())


def _refuse_foreign(files: Mapping[str, str], out: Path) -> None:
    """A folder that holds an operator's own files is not filled. Ours is known by the README we put there."""
    readme = out / "README"
    ours = readme.is_file() and readme.read_text(encoding="utf-8", errors="replace").startswith(TITLE)
    foreign = sorted(
        path.name for path in out.glob("*.conf")
        if not path.name.startswith(OURS) and not (ours and path.name in files)
    ) + ([] if ours or not readme.exists() else ["README"])  # fmt: skip
    if foreign:
        some = ", ".join(foreign[:5])
        raise BadInput(f"{out} holds {some}, which decroche did not write", hint="name a folder of its own with --out")


def _whole(config: Settings) -> tuple[str, ...]:
    return (*WHOLE, "stir_shaken.conf") if signing(config) else WHOLE


def _without_general(text: str) -> str:
    """The file without the sections an Asterisk has once: those stay the operator's own.

    Of `[globals]`, which may be opened again, the lines are kept.
    """
    kept: list[str] = []
    skipping = False
    for line in text.splitlines():
        if line.startswith("["):
            skipping = line.strip() in _GENERAL[:3]
        if not skipping:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _readme(config: Settings, out: Path) -> str:
    includes = "\n".join(f"  {theirs + ':':18} #include {out}/decroche-{ours}" for ours, theirs in INCLUDED.items())
    return f"""{TITLE} (22 or later, with chan_websocket)

1. Add as the last line of each of these files in /etc/asterisk:

{includes}

   The sections [trunk], [udp], [tcp] and the phones must not exist there already: if you have your own
   trunk, delete ours from decroche-pjsip.conf and set context=from-trunk in yours.

2. Compare with yours: {", ".join(_whole(config))}.
   - http.conf:            enabled=yes, bindaddr=127.0.0.1, bindport={config.asterisk.http_port}
   - manager.conf:         enabled=yes, bindaddr=127.0.0.1, port={config.asterisk.ami_port}
   - ari.conf:             enabled=yes
   - cdr_manager.conf:     enabled=yes (else no Cdr event reaches us)
   - cdr_custom.conf:      our line in [mappings] (tells the end of calls that ended while the service was away)
   - chan_websocket.conf:  control_message_format = json
   - modules.conf:         these {len(modules(signing=signing(config) is not None))} modules must be loaded
   - stir_shaken.conf:     only where calls are signed; write it again when the numbers tenants may show change
   - trunks:               render again when one is added or removed, then reload res_pjsip and the dialplan

3. These files hold passwords: chown them to Asterisk's user, mode 0600. sounds/ must be readable by it.

4. asterisk.service.d-decroche.conf hardens Asterisk's own unit: its first line says where it goes.

5. Who guesses passwords is shut out by fail2ban (apt install fail2ban), on what Asterisk logs of failed proofs:
   - logger.conf, [general]:   dateformat=%FT%T.%3q
   - logger.conf, [logfiles]:  messages.log => notice,warning,error,security
   - cp {NAMES[0]} /etc/fail2ban/filter.d/decroche-sip.conf
   - cp {NAMES[1]} /etc/fail2ban/jail.d/decroche-sip.conf
   - fail2ban-regex {OPERATORS_LOG} decroche-sip, then: systemctl reload fail2ban

6. asterisk -rx "core reload", then: decroche doctor
"""
