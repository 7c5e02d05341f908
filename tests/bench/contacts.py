"""A file of 100,000 people taken in by `decroche contact import`: rows a second, and the most memory it took.

scripts/bench contacts [--rows N] prints a line of JSON for each kind of file, on an embedded database of its own. The
memory is the command's alone (its peak resident size, without the database's).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
DECROCHE = [sys.executable, "-m", "ari_app.cli"]
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"


def people(count: int) -> list[tuple[str, str, str, str, str]]:
    """Invented people, their numbers written as people write them; one in fifty rows is bad, one in twenty a double."""
    chance = random.Random(7)
    found: list[tuple[str, str, str, str, str]] = []
    for at in range(count):
        digits = f"{chance.choice('67')}{chance.randrange(10**8):08d}"
        pairs = " ".join([f"0{digits[0]}", *(digits[i : i + 2] for i in (1, 3, 5, 7))])
        written = chance.choice([f"0{digits}", digits, pairs, f"+33{digits}", f"{digits}.0", pairs.replace(" ", ".")])
        if at % 50 == 0:
            written = chance.choice(["6,12E+08", f"{pairs} / {pairs[::-1]}", "", "néant"])
        if at % 20 == 1 and found:
            written = found[-1][2]
        found.append(
            (f"Nom{at}", f"Prénom{at % 997}", written, f"{chance.randrange(1000, 95999):05d}", f"Société {at}")
        )
    return found


HEADINGS = ("Nom", "Prénom", "Tél. mobile", "Code postal", "Société")


def csv(path: Path, rows: list[tuple[str, str, str, str, str]]) -> None:
    """As Excel in France writes it."""
    path.write_text("\r\n".join(";".join(row) for row in (HEADINGS, *rows)), encoding="cp1252", newline="")


def xlsx(path: Path, rows: list[tuple[str, str, str, str, str]]) -> None:
    """With shared strings, as Excel writes it."""
    place: dict[str, int] = {}
    sheet = "".join(
        "<row>" + "".join(f'<c t="s"><v>{place.setdefault(text, len(place))}</v></c>' for text in row) + "</row>"
        for row in (HEADINGS, *rows)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns:r="{_RELATIONS}"><sheets><sheet name="Clients" r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        archive.writestr("xl/sharedStrings.xml", f"<sst>{''.join(f'<si><t>{text}</t></si>' for text in place)}</sst>")
        archive.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{sheet}</sheetData></worksheet>")


def ods(path: Path, rows: list[tuple[str, str, str, str, str]]) -> None:
    """As LibreOffice writes it."""
    table = "".join(
        f"<t:table-row>{''.join(f'<t:table-cell><x:p>{text}</x:p></t:table-cell>' for text in row)}</t:table-row>"
        for row in (HEADINGS, *rows)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS)
        archive.writestr("content.xml", f'<o:c xmlns:o="o" xmlns:t="t" xmlns:x="x"><t:table>{table}</t:table></o:c>')


WRITERS = {"csv": csv, "xlsx": xlsx, "ods": ods}


def measured(path: Path, tenant: str, home: dict[str, str]) -> dict[str, object]:
    """One import in a process of its own."""
    command = [*DECROCHE, "contact", "import", str(path), "--tenant", tenant, "--list", "essai", "--json"]
    begun = time.perf_counter()
    with subprocess.Popen(command, env=home, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        last = b""
        for last in process.stdout:  # noqa: B007  the summary is the last line
            pass
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    told = json.loads(last)["summary"]
    rows = sum(told[key] for key in ("added", "known", "duplicate", "bad"))
    return {
        "file": path.suffix[1:], "rows": rows, "seconds": round(seconds, 1), "rows_per_second": round(rows / seconds),
        "peak_mb": round(used.ru_maxrss / 1024), **{key: told[key] for key in ("added", "duplicate", "bad")},
    }  # fmt: skip


def main() -> None:
    """Each kind of file, a tenth of it first: memory that does not grow with the file is the same for both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--write", metavar="FILE", help="only write such a file")
    chosen = parser.parse_args()
    count: int = chosen.rows
    if chosen.write:
        path = Path(chosen.write)
        WRITERS[path.suffix[1:]](path, people(count))
        return
    with tempfile.TemporaryDirectory(prefix="decroche-bench-") as folder:
        home = {**os.environ, "DECROCHE_HOME": f"{folder}/home", "PYTHONPATH": str(ROOT)}
        try:
            for name in WRITERS:
                for size in (count // 10, count):
                    tenant = f"{name}-{size}"
                    subprocess.run([*DECROCHE, "tenant", "add", tenant, "--name", tenant], env=home, check=True,
                                   stdout=subprocess.DEVNULL)  # fmt: skip
                    path = Path(folder, f"{tenant}.{name}")
                    # by another process: a child's peak begins at its parent's size
                    subprocess.run([sys.executable, "-m", "tests.bench.contacts", "--rows", str(size), "--write", path],
                                   env=home, check=True)  # fmt: skip
                    print(json.dumps(measured(path, tenant, home)), flush=True)
        finally:
            subprocess.run([*DECROCHE, "down"], env=home, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
