"""Whom root's servers run as: root hands them over to the system user `decroche`; anybody else runs them as themselves.

What they may write is theirs; what they only read stays root's, so that who breaks into one changes nothing of it.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import TypedDict

from store.base.errors import Unavailable

SYSTEM_USER = "decroche"
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""What of our environment a child process is given: no secret is handed over with the rest."""


class NotPrivate(Unavailable):
    """A folder that is to be private is another's, or open to others."""

    code = "folder_not_private"
    retryable = False


class NoSystemUser(Unavailable):
    """Root has nobody to hand a server over to."""

    code = "no_system_user"
    retryable = False


class Identity(TypedDict, total=False):
    """Who a child process is, as subprocess takes it; empty: who we are."""

    user: int
    group: int
    extra_groups: list[int]


def system_user() -> pwd.struct_passwd | None:
    """Whom a server runs as: None is ourselves; root hands over to SYSTEM_USER, made when missing. NoSystemUser."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run(
        [*command, "--shell", "/usr/sbin/nologin", SYSTEM_USER], capture_output=True, text=True, check=False
    )
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError as error:
        raise NoSystemUser(
            f"no server of ours runs as root, and the user {SYSTEM_USER} cannot be made: {done.stderr.strip()}",
            hint="run decroche as an ordinary user",
        ) from error


def identity(user: pwd.struct_passwd | None) -> Identity:
    """What makes a child process that user's."""
    return Identity(user=user.pw_uid, group=user.pw_gid, extra_groups=[]) if user else Identity()


def as_user(user: pwd.struct_passwd | None) -> list[str]:
    """What a short command begins with to be that user's, where a process of many threads gives it.

    Python changes a child's user between fork and exec, which copies the whole process and may wait there for a lock
    that another thread held; util-linux's setpriv does so after exec.
    """
    if user is None:
        return []
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


def environment(*also: str, **more: str) -> dict[str, str]:
    """A child process's whole environment: what it cannot do without, what begins as `also` says, and `more`."""
    return {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith(also)} | more


def let_through(path: Path) -> None:
    """Let others pass through (not list) the folders above `path`, as far as they are ours."""
    for folder in path.parents:
        if folder.exists() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o001)


def private_folder(path: Path, user: pwd.struct_passwd | None = None) -> None:
    """A folder that nobody but `user` (None: ourselves) may enter, made when missing.

    One that somebody else made, that is open to others or a link is refused, and left as it is. Raises NotPrivate.
    """
    owner = user.pw_uid if user else os.geteuid()
    try:
        path.mkdir(mode=0o700)
        made = True
    except FileExistsError:
        made = False
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise NotPrivate(f"{path} is a link, or no folder of ours", hint="remove it") from error
    try:
        found = os.fstat(folder)
        if found.st_uid != (os.geteuid() if made else owner) or stat.S_IMODE(found.st_mode) & 0o077:
            raise NotPrivate(f"{path} belongs to someone else, or is open to others", hint="remove it")
        if made and user:
            os.fchown(folder, user.pw_uid, user.pw_gid)
    finally:
        os.close(folder)


def hand_over(folder: Path, user: pwd.struct_passwd) -> None:
    """Give `user` a folder that was root's, and what is in it; once: of one that is not root's nothing is touched."""
    if folder.is_symlink() or folder.stat().st_uid != 0:
        return
    for top, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(top) / name, user.pw_uid, user.pw_gid, follow_symlinks=False)
    os.chown(folder, user.pw_uid, user.pw_gid, follow_symlinks=False)
