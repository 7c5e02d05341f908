"""A bare Debian root in which an image's steps are run: mmdebstrap, mount and chroot in place of an engine.

It lives in a mount and a process namespace of its own: what is mounted or left running in it goes with the
command. It reaches the network as this machine does: its resolver, certificates, and pip's and apt's settings.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from asterisk_conf.install import mirror
from tests.integration.setup.dockerfile import ROOT, Image, ignored

CERTIFICATES = "/etc/this-machine.crt"
SCRIPTS = ("Dockerfile", "pyproject.toml", "scripts/setup", "requirements.lock", "requirements-llama.lock",
           "requirements-uv.lock", "requirements-build.lock")  # fmt: skip

LENT = ("wheels", "uv", "models")
"""Folders of this machine's cache that the image's steps may use; the cache itself is never theirs."""


class BareRoot:
    """One root folder. Folders of `cache` are bound into the image's own, so that wheels are fetched once."""

    def __init__(self, folder: Path, image: Image, cache: Path) -> None:
        self.folder = folder
        self.image = image
        self.cache = cache

    def make(self) -> None:
        """The base: Debian as small as it comes, with nothing of ours."""
        suite = self.image.base.partition(":")[2].partition("-")[0]
        _checked(["mmdebstrap", "--mode=root", "--variant=minbase", "--components=main", "--format=directory",
                  "--aptopt=Acquire::Check-Valid-Until false", suite, str(self.folder), mirror()])  # fmt: skip
        bundle = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
        shutil.copyfile(bundle, self.folder / CERTIFICATES.lstrip("/"))
        for name in ("/etc/resolv.conf", "/etc/pip.conf"):
            if Path(name).exists():
                shutil.copyfile(name, self.folder / name.lstrip("/"))

    def build(self) -> None:
        """Every COPY and RUN step, in the order of the file."""
        for word, arguments in self.image.steps:
            if word == "COPY":
                assert arguments == ". ."
                self.copy()
            elif word == "RUN":
                self.run(arguments, user="root", seconds=900)

    def copy(self) -> None:
        """`COPY . .`: this checkout's files but the ignored ones; what the steps made there stays."""
        target = self.folder / self.image.workdir.lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                                capture_output=True, text=True, check=True).stdout  # fmt: skip
        left_out = ignored()
        for name in filter(None, listed.split("\0")):
            source = ROOT / name
            if Path(name).parts[0] in left_out or not source.is_file():
                continue
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / name)

    @property
    def own_cache(self) -> Path:
        """The image's own cache: what its steps give away is theirs to give."""
        return self.folder.parent / "own-cache"

    def cache_mounts(self) -> list[str]:
        """Shell lines ($0: the root, $1: its own cache): of this machine's cache, what saves fetching is lent."""
        where = f'"$0{self.image.environment["DECROCHE_CACHE"]}"'
        self.own_cache.mkdir(exist_ok=True)
        lines = [f"mkdir -p {where}", f'mount --bind "$1" {where}']
        for name in LENT:
            if (self.cache / name).is_dir():
                lines += [f"mkdir -p {where}/{name}", f'mount --bind "{self.cache / name}" {where}/{name}']
        return lines

    def run(self, line: str, *, user: str = "", seconds: float = 120, ok: tuple[int, ...] = (0,)) -> str:
        """What a shell line printed, run in the root as the image's user. Fails with its last words."""
        variables = {**self.image.environment, **_network(), "KEEP_CACHE": "1", "HOME": "/nonexistent",
                     "DEBIAN_FRONTEND": "noninteractive"}  # fmt: skip
        mounts = [
            "mount --make-rprivate /",
            'mount -t proc proc "$0/proc"',
            'mount --rbind /dev "$0/dev"',
            *self.cache_mounts(),
        ]
        enter = 'exec chroot --userspec="$2" "$0" /usr/bin/env -i ' + " ".join(
            f'{k}="{v}"' for k, v in variables.items()
        )
        script = " && ".join(mounts) + f' && {enter} /bin/sh -ec "cd {self.image.workdir}; $3"'
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script, str(self.folder),
                   str(self.own_cache), user or self.image.user, line]  # fmt: skip
        return _checked(command, seconds=seconds, ok=ok)


def digest() -> str:
    """Changes when what is installed into the root may: its scripts, locks and packages."""
    names = [*SCRIPTS, *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "scripts/lib").glob("*"))]
    whole = hashlib.sha256()
    for name in names:
        if (ROOT / name).is_file():
            whole.update((ROOT / name).read_bytes())
    return whole.hexdigest()[:16]


def _network() -> dict[str, str]:
    """This machine's way out: proxies and pip's settings, and its certificates."""
    kept = {k: v for k, v in os.environ.items() if k.lower().endswith("_proxy") or k.startswith(("PIP_", "UV_INDEX"))}
    return kept | {"SSL_CERT_FILE": CERTIFICATES, "PIP_CERT": CERTIFICATES, "REQUESTS_CA_BUNDLE": CERTIFICATES}


def _checked(command: list[str], *, seconds: float = 300, ok: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    words = (done.stdout + done.stderr)[-3000:]
    assert done.returncode in ok, f"{' '.join(command[-1:])} ended with {done.returncode}:\n{words}"
    return done.stdout
