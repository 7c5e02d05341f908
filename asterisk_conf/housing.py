"""The folders of one private Asterisk. What it writes is its user's; what it only reads stays as we wrote it.

Where root starts it, it runs as another user (`store.base.unprivileged`): its configuration, and copies of the private
keys that the operator keeps closed, may be read by that user's group and changed by nobody but the folder's owner:
root, or whom root's `decroche up` gave it to.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Mapping
from pathlib import Path

from asterisk_conf.program import Program
from asterisk_conf.render import copy_sounds, sweep, write
from store.base.settings import Settings
from store.base.unprivileged import NotPrivate, hand_over, let_through, private_folder

WRITTEN = ("lib", "spool", "log", "log/cdr-custom")
"""What Asterisk writes into, under its home."""


def make_folders(home: Path, run: Path, user: pwd.struct_passwd | None) -> None:
    """Make them, or see that they are as they must be. Raises NotPrivate."""
    for name in WRITTEN:
        (home / name).mkdir(exist_ok=True, mode=0o700)
        if user is not None:
            hand_over(home / name, user)
    if not (home / "lib" / "keys").exists():
        (home / "lib" / "keys").mkdir(mode=0o700)
        if user is not None:
            os.chown(home / "lib" / "keys", user.pw_uid, user.pw_gid, follow_symlinks=False)
    if user is not None and run.parent == home and run.exists():
        hand_over(run, user)  # of an earlier version, which root's Asterisk wrote into
    private_folder(run, user)


def furnish(home: Path, files: Mapping[str, str], user: pwd.struct_passwd | None) -> None:
    """Write configuration and messages; its user may read them."""
    etc, owner = home / "etc", home.stat().st_uid
    if etc.is_symlink():
        raise NotPrivate(f"{etc} is a link, and no folder of ours", hint="remove it")
    sweep(files.keys(), etc)
    write(dict(files), etc)
    copy_sounds(home / "sounds")
    if user is None:
        return
    for path, mode in ((home, 0o710), (etc, 0o750), (home / "sounds", 0o750)):
        os.chown(path, owner, user.pw_gid)
        path.chmod(mode)
    for path in etc.iterdir():
        os.chown(path, owner, user.pw_gid)
        path.chmod(0o640)
    for path in (home / "sounds").rglob("*"):
        os.chown(path, owner, user.pw_gid)
        path.chmod(0o750 if path.is_dir() else 0o640)


def keys_for(config: Settings, etc: Path, user: pwd.struct_passwd | None) -> Settings:
    """The settings with private keys that the server's user may read: copies in `etc` where it is not ourselves."""
    kept = {
        "stir_shaken_key": "stir-shaken.key", "tls_key": "tls.key", "tls_certificate": "tls.pem",
        "tls_ca": "tls-ca.pem",
    }  # fmt: skip
    given = {name: Path(path).expanduser() for name in kept if (path := getattr(config.asterisk, name))}
    if user is None or not given:
        return config
    etc.mkdir(exist_ok=True, mode=0o700)
    for name, path in given.items():
        draft = etc / f".{kept[name]}"
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        shutil.copyfile(path, draft)
        draft.replace(etc / kept[name])
    ours = config.asterisk.model_copy(update={name: str(etc / kept[name]) for name in given})
    return config.model_copy(update={"asterisk": ours})


def open_the_way(home: Path, found: Program, user: pwd.struct_passwd | None) -> None:
    """Let its user pass through to its folders and to the program."""
    if user is not None:
        for path in (home, found.modules, found.data, Path(found.command[0]), Path(found.command[-1])):
            let_through(path)
