"""Figures of the house's structure, a folder a line, as docs/figures.md has them; of another tree by its path.

    .venv/bin/python scripts/lib/structure_figures.py [TREE]

Arrows: imports between files of one folder, once a pair, wherever in the file they stand. Chain: the longest chain of
them, a circle counted as one file. Circles: groups of files that import each other.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

FOLDERS = ("ari_app", "agents", "campaigns", "portal", "billing", "compliance", "asr", "tts", "llm", "asterisk_conf",
           "dialplan", "store")  # fmt: skip
LONG_FILE, LONG_FUNCTION = 300, 40


@dataclass(frozen=True, slots=True)
class Figures:
    """One folder's. `commands`: lines of files that hold commands."""

    folder: str
    files: int
    districts: int
    chain: int
    arrows: int
    circles: int
    commands: int
    long_files: int
    long_functions: int


def figures(tree: Path, folders: tuple[str, ...], name: str) -> Figures:
    """Of the files of some folders together."""
    files = {_module(tree, path): path for folder in folders for path in sorted((tree / folder).rglob("*.py"))
             if path.name != "__init__.py"}  # fmt: skip
    parsed = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in files.items()}
    lines = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in files.items()}
    arrows = {module: set(_imported(code, files)) - {module} for module, code in parsed.items()}
    circles, chain = _walked(arrows)
    functions = [node for code in parsed.values() for node in ast.walk(code)
                 if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]  # fmt: skip
    places = {path.parent for path in files.values()} - {tree / folder for folder in folders}
    return Figures(
        name, len(files), len(places), chain, sum(map(len, arrows.values())), circles,
        sum(lines[module] for module, path in files.items() if _of_commands(path.relative_to(tree))),
        sum(length > LONG_FILE for length in lines.values()),
        sum((node.end_lineno or 0) - node.lineno + 1 > LONG_FUNCTION for node in functions),
    )  # fmt: skip


def _module(tree: Path, path: Path) -> str:
    return ".".join(path.relative_to(tree).with_suffix("").parts)


def _of_commands(path: Path) -> bool:
    name = path.name
    return name.startswith("cli") or name.endswith("_cli.py") or name == "commands.py" or "commands" in path.parts


def _imported(code: ast.Module, files: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in files)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                named = f"{node.module}.{alias.name}"
                if named in files or node.module in files:
                    yield named if named in files else node.module


def _walked(arrows: Mapping[str, set[str]]) -> tuple[int, int]:
    """How many circles there are, and the longest chain: each circle found is taken for one file until none is left."""
    graph = {module: set(to) for module, to in arrows.items()}
    circles = set[str]()
    while True:
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            found: list[str] = error.args[1]
            one, others = found[0], set(found[1:]) - {found[0]}
            graph = {module: {one if to in others else to for to in away} - {module}
                     for module, away in _merged(graph, one, others).items()}  # fmt: skip
            circles = {one} | (circles - others)
            continue
        length = dict[str, int]()
        for module in order:
            length[module] = 1 + max((length[to] for to in graph[module]), default=0)
        return len(circles), max(length.values(), default=0)


def _merged(graph: Mapping[str, set[str]], one: str, others: set[str]) -> dict[str, set[str]]:
    away = set[str]().union(graph[one], *(graph[other] for other in others)) - others
    return {module: away if module == one else to for module, to in graph.items() if module not in others}


def main() -> None:
    """Print the table."""
    tree = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    folders = tuple(folder for folder in FOLDERS if (tree / folder).is_dir())
    print("| folder | files | districts | chain | arrows | circles | lines of commands "
          f"| files > {LONG_FILE} | functions > {LONG_FUNCTION} |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for found in (*(figures(tree, (folder,), f"`{folder}/`") for folder in folders), figures(tree, folders, "all")):
        print(f"| {' | '.join(str(value) for value in astuple(found))} |")


if __name__ == "__main__":
    main()
