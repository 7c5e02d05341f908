"""Whom root's servers run as: root hands them over to the system user `decroche`; anybody else runs them as themselves.

What they may write is theirs; what they only read stays root's, so that who breaks into one changes nothing of it.
"""

from __future__ import annotations

import json
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Iterable
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


def give(folders: Iterable[Path], user: pwd.struct_passwd) -> None:
    """Make these folders where they are missing, and give `user` whatever in them is root's.

    They may be that user's already, who might swap a name while we look: no link is followed, and a file of two names
    is left alone.
    """
    for folder in folders:
        folder.mkdir(exist_ok=True, mode=0o700)
        for _, names, files, here in os.fwalk(folder, follow_symlinks=False):
            for name in (".", *names, *files):
                found = os.stat(name, dir_fd=here, follow_symlinks=False)
                if found.st_uid == 0 and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1):
                    os.chown(name, user.pw_uid, user.pw_gid, dir_fd=here, follow_symlinks=False)


def share(folder: Path, user: pwd.struct_passwd) -> None:
    """Let `user`, by its group, read and write in a folder that stays ours, and below."""
    folder.mkdir(parents=True, exist_ok=True)
    for _, _, files, here in os.fwalk(folder, follow_symlinks=False):
        for name, mode in ((".", 0o2770), *((name, 0o660) for name in files)):
            if stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
                continue
            os.chown(name, -1, user.pw_gid, dir_fd=here, follow_symlinks=False)
            os.chmod(name, mode, dir_fd=here)


def as_its_folder(descriptor: int, path: Path) -> None:
    """A file that root makes belongs to whom its folder belongs to: who else writes there must be able to read it."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


_LOOK = """
import json, os, sys
import ari_app.cli
def closed(path):
    if not os.path.isdir(path):
        return [] if os.access(path, os.R_OK) else [path]
    if not os.access(path, os.R_OK | os.X_OK):
        return [path]
    return [bad for name in os.listdir(path) for bad in closed(os.path.join(path, name))]
print(json.dumps([bad for path in sys.argv[1:] for bad in closed(path)][:1]))
"""


def out_of_reach(user: pwd.struct_passwd, paths: Iterable[Path]) -> str:
    """What `user` cannot read of the program and of these paths, which exist: its name; "" where it reads all."""
    done = subprocess.run(
        [*as_user(user), sys.executable, "-c", _LOOK, *map(str, paths)],
        capture_output=True, text=True, check=False, cwd="/", env=environment("PYTHON"),
    )  # fmt: skip
    if done.returncode:
        return str(Path(sys.executable).resolve())
    return "".join(json.loads(done.stdout.splitlines()[-1]))
