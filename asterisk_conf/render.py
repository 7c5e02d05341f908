"""Writes Asterisk's configuration files: from the settings and secrets, through the templates."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from asterisk_conf.modules import modules
from asterisk_conf.phones import DEMO, phones
from asterisk_conf.signing import signing
from asterisk_conf.trunks import BUNDLE, endpoints, ways
from dialplan.contexts import SOUNDS, Extension, extensions
from dialplan.ways import PASSED
from store.base.secrets import secret
from store.base.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
ARI_USER = "decroche"
AMI_USER = "decroche"
RECORD = "calls.csv"
"""The file to which Asterisk adds when each call was made, answered and over (cdr_custom.conf)."""
PROXY = "decroche.proxy"
"""The endpoint of Kamailio in front of us. (No phone's name holds a dot.)"""
GRACE = 60
"""Seconds Asterisk lets a call outlive `call.max_seconds` before it ends it by itself."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where one Asterisk keeps its own folders (`home`, `run`) and finds its modules and data."""

    home: Path
    run: Path
    modules: Path
    data: Path


def ari_password(config: Settings) -> str:
    """The ARI password of user `decroche`, made on first use (`home/secrets/asterisk-ari`)."""
    return secret("asterisk-ari", of=config)


def ami_password(config: Settings) -> str:
    """The AMI password of user `decroche`, made on first use (`home/secrets/asterisk-ami`)."""
    return secret("asterisk-ami", of=config)


def render(config: Settings, places: Places, *, demo: bool = False) -> dict[str, str]:
    """Every file's name and text. Raises BadInput for a setting Asterisk could not live with."""
    values = _values(config, places, demo=demo)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701  the output is no HTML
        keep_trailing_newline=True,
    )
    files = {
        name.removesuffix(".j2"): environment.get_template(name).render(values) for name in environment.list_templates()
    }
    files["extensions.conf"] = extensions(
        app=config.asterisk.app,
        sounds=places.home / "sounds",
        phones=[Extension(phone.name, phone.number) for phone in phones(config, demo=demo)],
        ways=ways(config, demo=demo),
        allow=config.asterisk.allow_prefixes,
        ring_seconds=config.call.ring_seconds,
        longest_call=config.call.max_seconds + GRACE,
        longest_leg=config.call.max_leg_seconds,
        signing=signing(config) is not None,
        proxied=bool(config.asterisk.proxies),
        elsewhere=config.call.when_full == "503",
        demo=demo,
    )
    return files


def sweep(files: Collection[str], folder: Path) -> None:
    """Remove what an earlier version wrote into a folder that is ours alone. Never one that an operator names."""
    for old in folder.glob("*.conf"):
        if old.name not in files:
            old.unlink()


def write(files: dict[str, str], folder: Path) -> None:
    """Write the files (0600: they hold passwords) into `folder` (0700)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in files.items():
        draft = folder / f".{name}"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        draft.replace(folder / name)


def copy_sounds(folder: Path) -> None:
    """The recorded messages, beside the configuration that plays them."""
    shutil.copytree(SOUNDS, folder, dirs_exist_ok=True)


def _values(config: Settings, places: Places, *, demo: bool) -> dict[str, Any]:
    asterisk = config.asterisk
    signs = signing(config)
    return {
        **asterisk.model_dump(),
        "home": places.home,
        "run_dir": places.run,
        "modules_dir": places.modules,
        "data_dir": places.data,
        "system_name": f"decroche-{asterisk.sip_port}",
        "modules": modules(signing=signs is not None),
        "record": RECORD,
        "signing": signs,
        "ari_user": ARI_USER,
        "ari_password": ari_password(config),
        "ami_user": AMI_USER,
        "ami_password": ami_password(config),
        "endpoints": endpoints(config, demo=demo),
        "passed": PASSED,
        "proxy": PROXY,
        "verified_by": asterisk.tls_ca or (BUNDLE if Path(BUNDLE).exists() else ""),
        "local_networks": [*asterisk.local_networks, f"{asterisk.bind}/32"],
        "phones": [
            {
                "name": phone.name,
                "number": phone.number,
                "label": phone.label,
                "tenant": phone.tenant,
                "encrypted": bool(asterisk.tls_port) and phone not in DEMO,
                "password": phone.password(config),
            }
            for phone in phones(config, demo=demo)
        ],
    }
