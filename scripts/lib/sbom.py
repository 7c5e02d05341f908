"""Writes docs/sbom.cdx.json, the bill of materials (CycloneDX 1.6): run by `scripts/lock`, compared by a test.

What a service is made of: the Python packages of `requirements.lock` and `requirements-llama.lock` with what needs
what, the models of the catalogue with their checksums, and the two programs that setup brings. The hashes of packages
stand in the locks, a file each; nothing here changes but when a lock or the catalogue does.

python scripts/lib/sbom.py > docs/sbom.cdx.json
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

LOCKS = ("requirements.lock", "requirements-llama.lock")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;]+)")
_VIA = re.compile(r"^    # +(?:via +)?([A-Za-z0-9._-]+)(?: \(.*\))?$")


def packages(lock: Path) -> Iterator[tuple[str, str, list[str]]]:
    """(name, version, what needs it) of each package of a lock that uv wrote."""
    found: list[tuple[str, str, list[str]]] = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        if pinned := _PINNED.match(line):
            found.append((pinned[1].lower(), pinned[2], []))
        elif found and (via := _VIA.match(line)) and via[1] != "via":
            found[-1][2].append(via[1].lower())
    yield from found


def purl(name: str, version: str) -> str:
    """A package's address in the Package URL specification."""
    return f"pkg:pypi/{re.sub(r'[-_.]+', '-', name)}@{version}"


def python() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Components and dependencies of the locks."""
    every = [each for lock in LOCKS for each in packages(ROOT / lock)]
    refs = {name: purl(name, version) for name, version, _ in every}
    components = [
        {"type": "library", "bom-ref": refs[name], "name": name, "version": version, "purl": refs[name]}
        for name, version, _ in every
    ]
    needs: dict[str, list[str]] = {ref: [] for ref in refs.values()}
    for name, _, wanted_by in every:
        for other in wanted_by:
            if other in refs:
                needs[refs[other]].append(refs[name])
    return components, [{"ref": ref, "dependsOn": sorted(set(more))} for ref, more in sorted(needs.items())]


def models() -> list[dict[str, Any]]:
    """The catalogue's files, each with its checksum."""
    from store.weights import catalogue

    return [
        {
            "type": "machine-learning-model", "bom-ref": f"model:{model.name}:{number}:{file.name}",
            "group": model.name, "name": file.name, "hashes": [{"alg": "SHA-256", "content": file.sha256}],
            "licenses": [{"license": {"name": model.licence}}],
        }
        for model in sorted(catalogue().values(), key=lambda each: each.name)
        for number, variant in enumerate(model.variant, 1)
        for file in variant.file
    ]  # fmt: skip


def programs() -> list[dict[str, Any]]:
    """What setup brings beside Python packages: of Asterisk the least version that is run."""
    from asterisk_conf.program import LEAST

    asterisk = ".".join(map(str, LEAST))
    return [
        {"type": "application", "bom-ref": "asterisk", "name": "asterisk", "version": asterisk,
         "description": f"Debian's package, {asterisk} or newer", "purl": f"pkg:deb/debian/asterisk@{asterisk}"},
    ]  # fmt: skip


def bill() -> dict[str, Any]:
    """The whole document."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    components, dependencies = python()
    parts = [*components, *models(), *programs()]
    direct = sorted(each["bom-ref"] for each in parts)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "decroche", "name": project["name"],
                          "version": project["version"], "licenses": [{"license": {"id": "GPL-3.0-or-later"}}]},
        },
        "components": sorted(parts, key=lambda each: each["bom-ref"]),
        "dependencies": [{"ref": "decroche", "dependsOn": direct}, *dependencies],
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(bill(), indent=1, ensure_ascii=False))
