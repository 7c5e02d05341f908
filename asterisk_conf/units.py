"""systemd units: database, Asterisk and service each on their own, as the user `decroche`, able to do little else.

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
    return found


def _forking(program: Path, command: str, pid_file: Path, sign: str) -> str:
    return (
        f"Type=forking\nPIDFile={pid_file}\nExecStart={program} {command}\n"
        f"KillMode=mixed\nKillSignal={sign}\nTimeoutStartSec=120\nTimeoutStopSec=60"
    )


def _unit(config: Settings, name: str, what: str, run: str, after: str = "") -> str:
    homes = [path for path in (config.home, config.cache, Path(sys.prefix).parent) if path.is_relative_to("/home")]
    environment = f"Environment=DECROCHE_HOME={config.home} DECROCHE_CACHE={config.cache}"
    families = "AF_UNIX" if name == "decroche-database" else "AF_UNIX AF_INET AF_INET6 AF_NETLINK"
    return _UNIT.format(
        name=name, what=what, after=after, user=SYSTEM_USER, run=run, environment=environment,
        hardened=HARDENED.format(devices="no" if config.device == "cuda" else "yes", families=families),
        home=config.home, cache=config.cache, binds="".join(f"BindPaths={path}\n" for path in homes),
    )  # fmt: skip
