"""systemd units: database, Asterisk, service, portal and worker, as the user `decroche`, able to do little else.

And timers: for backups and their verification, and one that fetches the newest Asterisk: the fetching is root's, as
whose the cache is; Asterisk is restarted by its own unit, so that it never lives in the timer's.

`systemd-analyze security` says what is left open, and `systemd-analyze verify` that the files are well formed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from store.base.errors import BadInput
from store.base.settings import Settings
from store.base.unprivileged import SYSTEM_USER

HARDENED = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=tmpfs
PrivateTmp=yes
PrivateDevices={devices}
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
RestrictAddressFamilies={families}
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
UMask=0077
"""
"""For each server of ours. Memory may be made executable: what runs the models compiles as it goes."""

_UNIT = """\
# Written by `decroche service render`: changes here are lost; put yours into {name}.service.d/.
[Unit]
Description=Décroche: {what}
After=network-online.target{after}
Wants=network-online.target{after}

[Service]
User={user}
Group={user}
{environment}
{run}
Restart=on-failure
RestartSec=2
{hardened}ReadWritePaths={home} {cache}
{binds}
[Install]
WantedBy=multi-user.target
"""

_UPGRADE = """\
# Written by `decroche service render`: changes here are lost; put yours into {name}.service.d/.
[Unit]
Description=Décroche: the newest Asterisk, once no call is in progress
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
{environment}
ExecStart={program} asterisk upgrade --no-start
ExecStart=/usr/bin/systemctl try-restart decroche-asterisk.service
TimeoutStartSec=25h
PrivateTmp=yes
ProtectSystem=strict
ProtectHome={see_home}
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectClock=yes
ProtectHostname=yes
RestrictRealtime=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
ReadWritePaths={home} {cache}
"""
"""Root's: mmdebstrap makes a root folder. It faces no caller, and speaks to apt's mirror only."""

_TIMER = """\
# Written by `decroche service render`: changes here are lost; put yours into {name}.timer.d/.
[Unit]
Description=Décroche: Asterisk is kept up to date

[Timer]
OnCalendar=Mon *-*-1..7 03:00
RandomizedDelaySec=2h
Persistent=yes

[Install]
WantedBy=timers.target
"""
UPGRADE = "decroche-asterisk-upgrade"
BACKUP, VERIFY = "decroche-backup", "decroche-backup-verify"
IDENTITY = "/etc/decroche/backup.key"
"""Where the weekly verification looks for the private key: only on a machine that holds it."""

_ONCE = """\
# Written by `decroche service render`: changes here are lost; put yours into {name}.service.d/.
[Unit]
Description=Décroche: {what}
{condition}
[Service]
Type=oneshot
User={user}
Group={user}
{environment}
{run}
Nice=19
CPUSchedulingPolicy=idle
IOSchedulingClass=idle
TimeoutStartSec=20h
{hardened}ReadWritePaths={paths}
{binds}"""
"""A backup, or its verification: as the user that the home belongs to, giving way to calls."""

_WHEN = """\
# Written by `decroche service render`: changes here are lost; put yours into {name}.timer.d/.
[Unit]
Description=Décroche: {what}

[Timer]
OnCalendar={when}
RandomizedDelaySec=15min
Persistent=yes

[Install]
WantedBy=timers.target
"""
WORK = "Nice=19\nCPUSchedulingPolicy=idle\nIOSchedulingClass=idle\nKillMode=mixed\nTimeoutStopSec=90"
"""The worker gives way to the voice, and is given time for the job in hand."""


def drop_in() -> str:
    """What hardens the unit of an Asterisk that the operator runs: its own paths are in its own unit."""
    kept = HARDENED.format(devices="yes", families="AF_UNIX AF_INET AF_INET6 AF_NETLINK")
    kept = kept.replace("ProtectHome=tmpfs\n", "ProtectHome=yes\n").replace("CapabilityBoundingSet=\n", "")
    kept = kept.replace("SystemCallFilter=~@privileged\n", "")  # a package's unit may begin as root, and go on without
    return (
        "# Written by `decroche asterisk render`, for /etc/systemd/system/asterisk.service.d/decroche.conf; then\n"
        "# systemctl daemon-reload && systemctl restart asterisk\n[Service]\n"
        f"{kept}MemoryDenyWriteExecute=yes\n"
        "ReadWritePaths=-/var/lib/asterisk -/var/log/asterisk -/var/spool/asterisk -/run/asterisk\n"
    )


def units(config: Settings) -> dict[str, str]:
    """Every unit's file name and text. Raises BadInput for folders that an unprivileged user cannot reach."""
    program = Path(sys.prefix) / "bin/decroche"
    for what, path in (("home", config.home), ("cache", config.cache), ("the program", program)):
        if path.is_relative_to("/root"):
            raise BadInput(
                f"{what} is {path}: the user {SYSTEM_USER} has no way into /root",
                hint="DECROCHE_HOME=/var/lib/decroche DECROCHE_CACHE=/var/cache/decroche, and install under /opt",
            )
    found: dict[str, str] = {}
    if not config.database.url:
        run = _forking(program, "database migrate", config.home / "postgres/postmaster.pid", "SIGINT")
        found["decroche-database.service"] = _unit(config, "decroche-database", "its PostgreSQL", run)
    after = "".join(f" {name}" for name in found)
    run = _forking(program, "asterisk up", config.home / "asterisk/run/asterisk.pid", "SIGTERM")
    found["decroche-asterisk.service"] = _unit(config, "decroche-asterisk", "its Asterisk", run)
    after += " decroche-asterisk.service"
    run = f"Type=exec\nExecStart={program} serve\nKillMode=mixed\nTimeoutStopSec={config.call.max_seconds + 60}"
    found["decroche.service"] = _unit(config, "decroche", "agents that answer and place calls", run, after)
    base = "" if config.database.url else " decroche-database.service"
    run = f"Type=exec\nExecStart={program} portal\nNice=5\nTimeoutStopSec=30"
    found["decroche-portal.service"] = _unit(config, "decroche-portal", "the clients' pages and API", run, base)
    run = f"Type=exec\nExecStart={program} work\n{WORK}"
    found["decroche-work.service"] = _unit(config, "decroche-work", "what waits to be done", run, base)
    return found


def upgrading(config: Settings) -> dict[str, str]:
    """The timer that keeps the cache's Asterisk up to date, and what it starts; none for an operator's own."""
    if config.asterisk.binary:
        return {}
    service = _UPGRADE.format(
        name=UPGRADE, environment=_environment(config), program=Path(sys.prefix) / "bin/decroche", home=config.home,
        cache=config.cache, see_home="no" if any(_under_home(config)) else "yes",
    )  # fmt: skip
    return {f"{UPGRADE}.service": service, f"{UPGRADE}.timer": _TIMER.format(name=UPGRADE)}


def backing_up(config: Settings) -> dict[str, str]:
    """Every night a backup, every Sunday the newest one restored and verified, where the private key is; their timers.

    None of the first without a public key (`backup.recipient`): the night would only fail.
    """
    program = Path(sys.prefix) / "bin/decroche"
    night, week = (
        f"ExecStart={program} backup run",
        (f"LoadCredential=key:{IDENTITY}\nExecStart={program} backup verify --identity %d/key"),
    )
    found: dict[str, str] = {}
    for name, what, run, when, condition in (
        (BACKUP, "a backup of everything", night, "*-*-* 03:30", ""),
        (
            VERIFY,
            "the newest backup, restored and verified",
            week,
            "Sun *-*-* 05:00",
            f"ConditionPathExists={IDENTITY}",
        ),
    ):
        if name == BACKUP and not config.backup.recipient:
            continue
        found[f"{name}.service"] = _once(config, name, what, run, condition)
        found[f"{name}.timer"] = _WHEN.format(name=name, what=what, when=when)
    return found


def _once(config: Settings, name: str, what: str, run: str, condition: str) -> str:
    folder = f" -{Path(config.backup.folder).expanduser()}" if config.backup.folder else ""
    return _ONCE.format(
        name=name, what=what, condition=f"{condition}\n" if condition else "", user=SYSTEM_USER, run=run,
        environment=_environment(config), paths=f"{config.home} {config.cache}{folder}",
        hardened=HARDENED.format(devices="yes", families="AF_UNIX AF_INET AF_INET6 AF_NETLINK"),
        binds="".join(f"BindPaths={path}\n" for path in _under_home(config)),
    )  # fmt: skip


def _forking(program: Path, command: str, pid_file: Path, sign: str) -> str:
    return (
        f"Type=forking\nPIDFile={pid_file}\nExecStart={program} {command}\n"
        f"KillMode=mixed\nKillSignal={sign}\nTimeoutStartSec=120\nTimeoutStopSec=60"
    )


def _unit(config: Settings, name: str, what: str, run: str, after: str = "") -> str:
    homes = _under_home(config)
    families = "AF_UNIX" if name == "decroche-database" else "AF_UNIX AF_INET AF_INET6 AF_NETLINK"
    return _UNIT.format(
        name=name, what=what, after=after, user=SYSTEM_USER, run=run, environment=_environment(config),
        hardened=HARDENED.format(devices="no" if config.device == "cuda" else "yes", families=families),
        home=config.home, cache=config.cache, binds="".join(f"BindPaths={path}\n" for path in homes),
    )  # fmt: skip


def _environment(config: Settings) -> str:
    return f"Environment=DECROCHE_HOME={config.home} DECROCHE_CACHE={config.cache}"


def _under_home(config: Settings) -> list[Path]:
    """The folders that a hidden /home would hide."""
    return [path for path in (config.home, config.cache, Path(sys.prefix).parent) if path.is_relative_to("/home")]
