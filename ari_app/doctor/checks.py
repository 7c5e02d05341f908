"""What the doctor sees of the house: settings, models, voices, mind, database, Asterisk, service. Starts nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from ari_app.doctor import backups as doctor_backups
from ari_app.doctor import exposure as doctor_exposure
from ari_app.doctor import machine as doctor_machine
from ari_app.doctor import trunks as doctor_trunks
from store import weights as models
from store.base.errors import DecrocheError, Unavailable
from store.base.findings import Finding, attempt, fail, ok, told, warn
from store.base.settings import Settings, settings
from store.db import DatabaseUnavailable, NoOperator, connect, safe_dsn
from store.embedded import EmbeddedServer, binaries
from store.migrate import applied, load, pending
from store.remote.wyoming import reach
from store.setup import open_database, refuse_bypass, service_dsn_of

Tell = Callable[[str], None]
LATE = timedelta(minutes=15)
"""A job that waits longer than this has no worker, or too few."""


def examine(*, deep: bool = False, tell: Tell = lambda part: None) -> Iterator[Finding]:
    """Every part, one finding or more each. `deep` reads the models again; `tell` hears what is looked at."""
    try:
        of = settings()
    except DecrocheError as error:
        yield told("settings", error)
        return
    yield ok("settings", f"home {of.home}, cache {of.cache}")
    parts: dict[str, Callable[[], Iterator[Finding]]] = {
        "machine": lambda: doctor_machine.machine(of),
        "engines": lambda: engines(of),
        "models": lambda: shelf(of, deep=deep, tell=tell),
        "voices": voices,
        "database": lambda: database(of),
        "asterisk": lambda: asterisk(of),
        "trunks": lambda: doctor_trunks.trunks(of),
        "service": lambda: service(of),
        "exposure": lambda: doctor_exposure.exposure(of),
        "backups": lambda: doctor_backups.backups(of, datetime.now(UTC)),
    }
    for name, look in parts.items():
        tell(name)
        try:
            yield from look()
        except DecrocheError as error:
            yield told(name, error)


# -- what hears, speaks and thinks


def engines(of: Settings) -> Iterator[Finding]:
    """The packages that run the models: installed, and in the mind's case able to run on this processor."""
    for part, package in (("ear engine", "faster-whisper"), ("voice engine", "piper-tts"),
                          ("turn engine", "onnxruntime")):  # fmt: skip
        yield _installed(part, package)
    yield from servers(of)
    if of.llm.engine == "openai":
        from llm.minds import checks

        for row in checks(of):
            yield Finding(row["check"], "ok" if row["ok"] else "fail", row["detail"], row["hint"])
        return
    found = _installed("mind engine", "llama-cpp-python")
    yield found if found.state == "fail" else llama_loads(found)


def servers(of: Settings) -> Iterator[Finding]:
    """The engines of other machines: away, they are a warning where one of this machine stands in."""
    heard = [(each, "ear server", "asr", "models", of.asr.local) for each in of.asr.servers]
    spoken = [(each, "voice server", "tts", "voices", of.tts.local) for each in of.tts.servers]
    for server, part, kind, parts, stood_in in (*(heard if of.asr.engine == "wyoming" else []), *spoken):
        try:
            yield ok(part, reach(server, kind, parts))
        except DecrocheError as error:
            yield (warn if stood_in else fail)(part, str(error), error.hint)


def _installed(part: str, package: str) -> Finding:
    try:
        return ok(part, f"{package} {version(package)}")
    except PackageNotFoundError:
        return fail(part, f"{package} is not installed", "scripts/setup")


def llama_loads(found: Finding) -> Finding:
    """In a process of its own: a build for another processor dies of its first instruction."""
    spec = find_spec("llama_cpp")
    library = Path(spec.origin or "").parent / "lib/libllama.so" if spec else Path()
    code = "import ctypes, sys; ctypes.CDLL(sys.argv[1]).llama_backend_init()"
    done = subprocess.run([sys.executable, "-ISc", code, str(library)], capture_output=True, text=True, timeout=60,
                          check=False)  # fmt: skip
    if done.returncode == 0:
        return found
    last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
    return fail(found.part, f"{found.detail} does not run on this machine: {last[:200]}",
                "rm .venv/.llama-stamp, then scripts/setup builds it for this processor")  # fmt: skip


def shelf(of: Settings, *, deep: bool, tell: Tell) -> Iterator[Finding]:
    """Each model that the settings need: there, of its right size; with `deep`, of its right checksum."""
    if of.llm.model.endswith(".gguf") and of.llm.engine == "llama-cpp":
        yield gguf(Path(of.llm.model).expanduser())
    for entry in _wanted(of):
        part = f"model {entry.name}"
        try:
            if deep:
                tell(f"{entry.name}: checksum of {round(entry.size / 1e6)} MB")
                where = models.verify(entry.name)
            else:
                where = models.path(entry.name)
        except models.ModelMissing as error:
            if entry.optional:
                yield warn(part, f"not here: {entry.optional}", error.hint)
            else:
                yield told(part, error)
        except DecrocheError as error:
            yield told(part, error)
        else:
            state = "checksum right" if deep else "there"
            yield ok(part, f"{round(entry.size / 1e6)} MB, {state} ({where.parent.name}/{where.name})")


def gguf(path: Path) -> Finding:
    """The operator's own language model, which no checksum is known of."""
    try:
        with path.open("rb") as file:
            if file.read(4) == b"GGUF":
                return ok("model of llm.model", f"{path.stat().st_size / 1e6:.0f} MB, {path}")
            return fail("model of llm.model", f"{path} is no GGUF file", "set llm.model")
    except OSError as error:
        return fail("model of llm.model", f"{path}: {error.strerror}", "set llm.model")


def _wanted(of: Settings) -> list[models.Model]:
    """The defaults of the device, with those that the settings name in their place."""
    named = {"asr": of.asr.model, "llm": "" if of.llm.model.endswith(".gguf") else of.llm.model}
    unneeded = {"llm"} if of.llm.engine == "openai" or of.llm.model.endswith(".gguf") else set[str]()
    if of.asr.engine == "wyoming" and not of.asr.local:
        unneeded.add("asr")
    wanted: list[models.Model] = []
    for entry in models.defaults(("fr", "en"), of.device):
        if entry.use not in unneeded:
            wanted.append(models.model(named[entry.use]) if named.get(entry.use) else entry)
    return wanted


def voices() -> Iterator[Finding]:
    """Who speaks each language, and what better voice could."""
    from tts.voices import checks

    for check in checks():
        part = f"voice {check.language}"
        if not check.ok:
            yield fail(part, check.note, check.hint)
        elif check.hint:
            yield warn(part, check.note, check.hint)
        else:
            yield ok(part, check.note)


# -- what keeps and what carries


def database(of: Settings) -> Iterator[Finding]:
    """Reachable, of a good version, migrated, and its role held by row-level security."""
    if not of.database.url:
        status = EmbeddedServer(of).status()
        if not status.running:
            yield from attempt("database", lambda: f"embedded ({binaries().parent.name}), starts when it is needed")
            return
    try:
        dsn = service_dsn_of(of)
        with connect(dsn) as conn:
            refuse_bypass(conn)
            waiting = pending(load(), applied(conn))
            found = str(conn.info.parameter_status("server_version"))
    except DatabaseUnavailable as error:
        hint = "start it, or mend DECROCHE_DATABASE__URL; empty, the embedded one is used" if of.database.url else ""
        yield fail("database", str(error), hint or "decroche down, then decroche up")
        return
    if waiting:
        yield fail("database", f"PostgreSQL {found}; {len(waiting)} migrations wait, from {waiting[0].name} on",
                   "decroche database migrate")  # fmt: skip
        return
    where = safe_dsn(dsn) if of.database.url else "embedded"
    yield ok("database", f"PostgreSQL {found}, {where}; migrated; its role cannot bypass row-level security")
    yield numbers()
    yield jobs()


def jobs() -> Finding:
    """What calls left to be done: whether anybody does it, and what could not be."""
    from store import jobs as kept

    try:
        with open_database() as db, db.operator() as conn:
            dead = kept.listed(conn, state="dead", limit=100_000)
            waiting = kept.listed(conn, state="waiting")
    except NoOperator:
        return ok("jobs", "not looked at: DECROCHE_DATABASE__ADMIN_URL is not set, and they are every tenant's")
    late = [job for job in waiting if job.due_at < datetime.now(UTC) - LATE]
    if dead:
        some = ", ".join(dict.fromkeys(f"{job.kind} {job.why}" for job in dead[:3]))
        return warn(
            "jobs", f"{len(dead)} failed for good: {some}", "decroche jobs list --dead, then jobs retry or drop"
        )
    if late:
        return warn("jobs", f"{len(late)} wait since {late[0].due_at:%Y-%m-%d %H:%M} UTC", "decroche work")
    return ok("jobs", f"{len(waiting)} wait, none failed")


def numbers() -> Finding:
    """Telephone numbers that were read otherwise before there was one numbering plan."""
    from compliance.ledgers import misread as ledgers
    from store import misread

    try:
        with open_database() as db, db.operator() as conn:
            wrong = [one for one in (*misread.found(conn), *ledgers.found(conn)) if one.mend != "left"]
    except NoOperator:
        return ok("numbers", "not looked at: DECROCHE_DATABASE__ADMIN_URL is not set, and they are every tenant's")
    if not wrong:
        return ok("numbers", "each is read as it is stored")
    some = ", ".join(f"{one.stored} is {one.right}" for one in wrong[:3])
    return warn("numbers", f"{len(wrong)} were misread: {some}", "decroche number mend")


def asterisk(of: Settings) -> Iterator[Finding]:
    """The program, its modules, its ports."""
    from asterisk_conf.modules import modules
    from asterisk_conf.program import program, version
    from asterisk_conf.server import Asterisk

    found = program(of)
    yield ok("asterisk", f"{version(found)}, {found.command[-1]}")
    missing = [name for name in modules() if not (found.modules / f"{name}.so").exists()]
    if missing:
        yield fail("asterisk modules", f"missing in {found.modules}: {', '.join(missing)}",
                   "empty asterisk.binary and run scripts/setup, or install these modules")  # fmt: skip
    else:
        yield ok("asterisk modules", f"all {len(modules())}")
    pid = Asterisk(of).pid() if (of.home / "asterisk").is_dir() else None
    yield ports(of, pid)


def ports(of: Settings, pid: int | None) -> Finding:
    """The ports of the settings: our Asterisk's, or free for it."""
    from asterisk_conf.ports import check_ports, named_ports

    ours = of.asterisk
    named = named_ports(ours)
    if pid is not None:
        return ok("ports", f"{named}: our Asterisk's (pid {pid})")
    if ours.rtp_first >= ours.rtp_last:
        return fail("ports", f"RTP from {ours.rtp_first} to {ours.rtp_last} holds no port", "set asterisk.rtp_last")
    try:
        check_ports(ours)
    except DecrocheError as error:
        return told("ports", error)
    return ok("ports", f"{named}: free; Asterisk does not run")


def service(of: Settings) -> Iterator[Finding]:
    """Whether calls are answered, and what waits to be stored."""
    from ari_app.service import control
    from ari_app.service.background import service_pid

    waiting = len(list((of.home / "spool").glob("*.json")))
    if waiting:
        yield warn("spool", f"{waiting} CDRs wait for the database", "decroche up stores them")
    refused = sorted((of.home / "spool" / "refused").glob("*.json"))
    if refused:
        yield fail("spool refused", f"{len(refused)} CDRs can never be stored as they are: nobody is billed for them",
                   f"read {refused[0].with_suffix('.txt')}, mend the .json and move it up into spool/")  # fmt: skip
    pid = service_pid(of) if (of.home / "run").is_dir() else None
    if pid is None:
        yield ok("service", "does not run (decroche up)")
        return
    try:
        status = asyncio.run(control.ask(of, "status", seconds=2))
    except Unavailable as error:
        yield fail("service", f"process {pid} runs and does not answer: {error}", "decroche down --now, decroche up")
        return
    if status.get("ready"):
        yield ok("service", f"answers calls (pid {pid}), {len(status.get('calls', []))} now")
    else:
        yield warn("service", f"is starting (pid {pid})", "decroche status")
