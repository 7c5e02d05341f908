"""Root's `decroche up` hands its processes over to the system user: what it gives that user, and whether it can."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

from store.base.settings import Settings
from store.base.unprivileged import give, let_through, out_of_reach, share, system_user

GIVEN = ("asterisk", "logs", "recordings", "run", "secrets", "spool")
"""What the service, the portal and the worker write into, under the home folder; the folder itself stays root's."""
GIVEN_FILES = ("audit-anchors.jsonl", "postgres.lock")
SPEECH = "voice"
"""Of the cache: speech that is made once, and read by whoever speaks."""


def whom(settings: Settings, say: Callable[[str], None]) -> pwd.struct_passwd | None:
    """Whom root's processes run as; None: ourselves, which for root is said with its reason.

    The way to what they read is opened (passing through, no listing), as for the database's and Asterisk's.
    """
    user = system_user()
    if user is None:
        return None
    here = Path(__file__).resolve().parent
    for path in (settings.folder("run"), settings.cache / "models", Path(sys.executable).resolve(), here,
                 Path(sys.prefix) / "lib"):  # fmt: skip
        let_through(path)
    if closed := out_of_reach(user, [path for path in _read(settings) if path.exists()]):
        say(f"service: as root, since the user {user.pw_name} cannot read {closed}")
        return None
    share(settings.cache / SPEECH, user)
    hand(settings, user)
    return user


def _read(settings: Settings) -> list[Path]:
    """What the processes must be able to read: the models, the settings, the keys that these name."""
    of = settings.asterisk
    keys = (of.stir_shaken_key, of.stir_shaken_certificate, of.tls_key, of.tls_certificate, of.tls_ca)
    named = os.environ.get("DECROCHE_CONFIG", settings.home / "decroche.toml")
    return [settings.cache / "models", Path(named).expanduser(), *(Path(key).expanduser() for key in keys if key)]


def hand(settings: Settings, user: pwd.struct_passwd) -> None:
    """Give the user what the processes write into, where it is still root's."""
    give((settings.folder() / name for name in GIVEN), user)
    for name in GIVEN_FILES:  # in the home folder, in which nobody but root makes names
        (settings.home / name).touch(mode=0o600)
        os.chown(settings.home / name, user.pw_uid, user.pw_gid, follow_symlinks=False)
