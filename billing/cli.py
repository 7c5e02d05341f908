"""`decroche billing …`: what an operator types about money. The help is here, so that reading it imports nothing."""

from __future__ import annotations

from importlib import import_module

import click

from store.console import HouseGroup

COMMANDS = {
    "account": ("cli_collect:account", "A tenant's balance before tax, and what calls hold of it"),
    "collect": ("cli_collect:collect", "Ask Stripe for what is due on an invoice"),
    "controls": ("cli_collect:controls", "A tenant's alerts, cap and fraud thresholds; lift a block"),
    "credit": ("cli_money:credit", "Put money on a tenant's prepaid balance"),
    "customer": ("cli_parties:customer", "Whom a tenant's invoices are made out to"),
    "debit-note": ("cli_debit:debit_note", "Late interest and the 40 €, as a document: run, issue, list, pdf"),
    "dispute": ("cli_late:dispute", "Hold contested lines out of dunning"),
    "dispute-close": ("cli_late:dispute_close", "Decide a dispute: its lines are due again, or credited"),
    "disputes": ("cli_late:disputes", "Contested lines"),
    "doctor": ("cli_rounds:doctor", "Look at what billing needs, and say what to type"),
    "dunning": ("cli_late:dunning", "Take the steps that are due: reminders, suspension; or lift it"),
    "import": ("cli_import:import_", "Store and charge the calls of a CSV file"),
    "invoice": ("cli_invoice:invoice", "Issue and read invoices: run, order, list, show, pdf, credit"),
    "late": ("cli_late:late_", "What is unpaid after its due date, with interest so far"),
    "legal-rate": ("cli_late:legal_rate", "The legal interest rate by half-year"),
    "notices": ("cli_collect:notices", "What clients and the operator are to be told"),
    "pay": ("cli_money:pay", "Record a bank transfer received"),
    "payment-method": ("cli_collect:payment_method", "Set up a card or a SEPA debit with Stripe"),
    "plan": ("cli_plans:plan", "Plans by version: monthly price, what it includes, options"),
    "price-change": ("cli_plans:price_change", "Announce a new price, 30 days before"),
    "rate": ("cli_rate:rate", "Price every call of a CSV file; nothing is stored"),
    "reconcile": ("cli_invoice:reconcile", "Asterisk's CDRs, ours, charges, invoices: every difference"),
    "refund": ("cli_money:refund", "Give back what was overpaid on an invoice"),
    "rerate": ("cli_invoice:rerate", "Rate calls again: reversals and new lines"),
    "rounds": ("cli_rounds:rounds", "Do what is due, once; `serve` does it too"),
    "seller": ("cli_parties:seller", "Who issues the invoices"),
    "statement": ("cli_statement:statement", "A client's account, and its prepaid balance; as a PDF too"),
    "subscribe": ("cli_plans:subscribe", "Subscribe a tenant to a plan whose terms a person accepted"),
    "subscription": ("cli_plans:subscription", "A tenant's subscriptions and their calendar; or end one"),
    "tariff": ("cli_tariff:tariff", "Tariffs by version: added, assigned, never edited"),
    "usage": ("cli_usage:usage", "The month: bundle used, forecast, cost, minutes by day"),
}
"""Command → (where in this folder it is, what it is for)."""


class BillingGroup(HouseGroup):
    """The commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        return getattr(import_module(f"billing.{module}"), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(COMMANDS.items())])


@click.group(cls=BillingGroup)
def billing() -> None:
    """Rate calls, issue invoices, collect what is due.

    \b
    Example: decroche billing rate --tariff tariff.toml cdrs.csv
    """


if __name__ == "__main__":
    billing()
