"""The command `decroche`: gathers every folder's commands, each loaded only when it is used."""

from __future__ import annotations

import importlib
import sys

import click

from store.base.console import INTERRUPTED, HouseGroup

COMMANDS = {
    "up": ("ari_app.commands.service:up", "Start everything in the background"),
    "down": ("ari_app.commands.service:down", "Stop everything"),
    "status": ("ari_app.commands.service:status", "What runs, and the calls in progress"),
    "serve": ("ari_app.commands.service:serve", "Run the service in the foreground"),
    "work": ("ari_app.commands.work:work", "Do what waits to be done, niced"),
    "recording": ("store.cli_recordings:recording", "Recordings of calls: encrypted; exported, sealed"),
    "jobs": ("store.cli_jobs:jobs", "What waits to be done, and what could not be"),
    "service": ("ari_app.commands.units:service", "How systemd keeps it running"),
    "doctor": ("ari_app.doctor.doctor:doctor", "Check every part, and say what to type"),
    "demo": ("ari_app.demo.cli:demo", "Two real calls, from first ring to price"),
    "call": ("ari_app.commands.calls:call", "Place calls"),
    "calls": ("ari_app.commands.calls:calls", "What calls were: list, show, trace, export, timeline"),
    "stats": ("ari_app.stats.cli:stats", "A client's month of calls in figures"),
    "agent": ("agents.cli:agent", "Agents: check, import, test, publish, chat"),
    "contact": ("campaigns.contacts.commands:contact", "People to call: import, list, show, remove"),
    "campaign": ("campaigns.commands:campaign", "Campaigns: add, check, approve, list, show"),
    "booking": ("ari_app.commands.left:booking", "Appointments that agents have made"),
    "message": ("ari_app.commands.left:message", "Messages that callers left"),
    "calendar": ("portal.links.commands:calendar", "Calendars beside an agent's diary"),
    "hook": ("portal.links.hooks.commands:hook", "Web hooks of clients' systems: add, test, deliveries, replay"),
    "crm": ("portal.links.crm.commands:crm", "A client's CRM: who calls, and what calls leave there"),
    "chat": ("portal.chat.commands:chat", "Agents in writing on clients' sites: add, list, end"),
    "sms": ("portal.links.texts.commands:sms", "Texts to who booked: confirmations, reminders"),
    "told": ("portal.links.told.commands:told", "A client's people, told what callers left"),
    "softphone": ("ari_app.softphone.cli:softphone", "A phone for the command line"),
    "asterisk": ("asterisk_conf.cli:asterisk", "The private Asterisk"),
    "kamailio": ("asterisk_conf.kamailio.commands:kamailio", "Kamailio in front of several nodes: its files"),
    "trunk": ("asterisk_conf.trunk_cli:trunk", "Ways to other networks: add, list, show, test, remove"),
    "tenant": ("ari_app.leaving.commands:tenant", "The operator's clients"),
    "number": ("ari_app.commands.numbers:number", "Telephone numbers"),
    "audit": ("store.cli:audit", "The log of accesses and major actions"),
    "database": ("store.cli:database", "The database"),
    "backup": ("ari_app.backup.commands:backup", "Backups of everything: run, verify, restore"),
    "models": ("store.weights.cli:models", "Models: list, pull, verify"),
    "asr": ("asr.cli:asr", "The ear"),
    "tts": ("tts.cli:tts", "The voice"),
    "llm": ("llm.cli:llm", "The mind"),
    "billing": ("billing.cli:billing", "Rating, tariffs, invoices"),
    "compliance": ("compliance.cli:compliance", "What the law allows"),
    "portal": ("portal.web.commands:portal", "Serve the clients' site and API"),
    "api": ("portal.web.commands:api", "The API's contract"),
    "person": ("portal.commands:person", "Who signs in to the portal: add, invite, list, end"),
    "key": ("portal.commands:key", "Keys of clients' systems, for the API"),
    "ticket": ("portal.support.commands:ticket", "Clients' questions: list, show, answer, close"),
    "terms": ("portal.ordering.commands:terms", "What clients accept when they order: add, list"),
    "maintenance": ("portal.support.commands:maintenance", "Works that every client is told of"),
    "privacy": ("compliance.commands.privacy:privacy", "Retention, and the rights of people"),
}
"""Command → (where it is, what it is for). The help is here so that `decroche --help` imports nothing."""


class Root(HouseGroup):
    """The top of the command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        return getattr(importlib.import_module(module), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="decroche", prog_name="decroche")
def decroche() -> None:
    """AI agents that answer and place telephone calls on your own Asterisk.

    \b
    Example:
      decroche up --demo
      decroche softphone call +33162001234 --play question.wav --record answer.wav
      decroche calls list

    Exit statuses: 0 done; 1 refused or failed; 2 bad input; 3 done in part; 4 not found; 5 a part is
    unavailable; 70 a fault of ours; 130 interrupted.
    """


def main() -> None:
    """The entry point."""
    try:
        decroche(prog_name="decroche")
    except KeyboardInterrupt:  # before a command had begun, or while it was leaving
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
