"""Secret files: one secret each, mode 0600, in `home/secrets` (mode 0700). Never a setting, never printed."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path

from store.base.errors import BadInput, NotFound
from store.base.settings import Settings, settings
from store.base.unprivileged import as_its_folder

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_BYTES = 32


class SecretExposed(BadInput):
    """Others can read a secret."""

    code = "secret_exposed"


class SecretMissing(NotFound):
    """There is no such secret."""

    code = "secret_missing"


def secret(name: str, *, of: Settings | None = None) -> str:
    """The secret called `name`, made of 256 random bits when it does not exist yet.

    Raises SecretExposed when the file or its folder can be read by others.
    """
    try:
        return read_secret(name, of=of)
    except SecretMissing:
        pass
    try:
        return write_secret(name, secrets.token_urlsafe(_BYTES), of=of)
    except FileExistsError:  # another process was first: its secret is the secret
        return read_secret(name, of=of)


def read_secret(name: str, *, of: Settings | None = None) -> str:
    """The secret called `name`. Raises SecretMissing, SecretExposed."""
    path = _path(name, of)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError as error:
        raise SecretMissing(f"no secret {name}", hint=f"write it to {path} with mode 0600") from error
    except OSError as error:
        raise SecretExposed(f"{path}: {error.strerror}", hint="it must be a plain file you own") from error
    with os.fdopen(descriptor, encoding="utf-8") as file:
        _refuse_exposed(path, os.fstat(file.fileno()).st_mode, "0600")
        value = file.read().strip()
    if not value:
        raise SecretMissing(f"the secret {name} is empty", hint=f"remove {path} to have it made again")
    return value


def write_secret(name: str, value: str, *, of: Settings | None = None) -> str:
    """Keep `value` under `name`; it is complete before it has its name. Raises FileExistsError."""
    path = _path(name, of)
    draft = path.with_name(f".{name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(value + "\n")
            as_its_folder(file.fileno(), draft)
        os.link(draft, path)
    finally:
        draft.unlink()
    return value


def forget_secret(name: str, *, of: Settings | None = None) -> None:
    """Remove the secret called `name`; none there is fine."""
    _path(name, of).unlink(missing_ok=True)


def _path(name: str, of: Settings | None) -> Path:
    if not _NAME.fullmatch(name):
        raise BadInput(f"{name!r} cannot be the name of a secret", hint="use a-z, 0-9 and -")
    folder = (of or settings()).folder("secrets")
    _refuse_exposed(folder, folder.stat().st_mode, "0700")
    return folder / name


def _refuse_exposed(path: Path, mode: int, wanted: str) -> None:
    if stat.S_IMODE(mode) & 0o077:
        raise SecretExposed(f"{path} can be read by others", hint=f"chmod {wanted} {path}, and renew the secret")
