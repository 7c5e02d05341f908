"""`decroche billing …`: what an operator types about money. The help is here, so that reading it imports nothing."""

from __future__ import annotations

from importlib import import_module

import click

from store.base.console import HouseGroup

COMMANDS = {
    "account": ("collect:account", "A tenant's balance before tax, and what calls hold of it"),
    "annex": ("annex:annex", "The calls of an invoice one by one, as a CSV or a PDF"),
    "collect": ("collect:collect", "Ask Stripe for what is due on an invoice"),
    "controls": ("collect:controls", "A tenant's alerts, cap and fraud thresholds; lift a block"),
    "credit": ("money:credit", "Put money on a tenant's prepaid balance"),
    "customer": ("parties:customer", "Whom a tenant's invoices are made out to"),
    "debit-note": ("debit:debit_note", "Late interest and the 40 €, as a document: run, issue, list, pdf"),
    "dispute": ("late:dispute", "Hold contested lines out of dunning"),
    "dispute-close": ("late:dispute_close", "Decide a dispute: its lines are due again, or credited"),
    "disputes": ("late:disputes", "Contested lines"),
    "doctor": ("rounds:doctor", "Look at what billing needs, and say what to type"),
    "dunning": ("late:dunning", "Take the steps that are due: reminders, suspension; or lift it"),
    "import": ("import_calls:import_", "Store and charge the calls of a CSV file"),
    "fec": ("books:fec", "The sales of a financial year for the accountant (LPF A47 A-1)"),
    "invoice": ("invoice:invoice", "Issue and read invoices: run, order, list, show, pdf, credit"),
    "journal": ("books:journal", "The sales journal, by document and rate of VAT; as a CSV too"),
    "late": ("late:late_", "What is unpaid after its due date, with interest so far"),
    "legal-rate": ("late:legal_rate", "The legal interest rate by half-year"),
    "notices": ("collect:notices", "What clients and the operator are to be told"),
    "pay": ("money:pay", "Record a bank transfer received"),
    "payment-method": ("collect:payment_method", "Set up a card or a SEPA debit with Stripe"),
    "plan": ("plans:plan", "Plans by version: monthly price, what it includes, options"),
    "price-change": ("plans:price_change", "Announce a new price, 30 days before"),
    "rate": ("rate:rate", "Price every call of a CSV file; nothing is stored"),
    "reconcile": ("agreeing:reconcile", "Asterisk's CDRs, ours, charges, invoices: every difference"),
    "refund": ("money:refund", "Give back what was overpaid on an invoice"),
    "rerate": ("agreeing:rerate", "Rate calls again: reversals and new lines"),
    "reverse": ("money:reverse", "Undo a transfer entered by mistake, with its reason"),
    "rounds": ("rounds:rounds", "Do what is due, once; `decroche work` does it too"),
    "seller": ("parties:seller", "Who issues the invoices"),
    "set-off": ("money:set_off", "Use what was paid too much on one invoice for another"),
    "statement": ("statement:statement", "A client's account, and its prepaid balance; as a PDF too"),
    "subscribe": ("plans:subscribe", "Subscribe a tenant to a plan whose terms a person accepted"),
    "subscription": ("plans:subscription", "A tenant's subscriptions and their calendar; or end one"),
    "tariff": ("tariff:tariff", "Tariffs by version: added, assigned, never edited"),
    "unknown": ("unknown:unknown", "Money of unknown payers: entered, assigned to a client, given back"),
    "usage": ("usage:usage", "The month: bundle used, forecast, cost, minutes by day"),
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
        return getattr(import_module(f"billing.commands.{module}"), name)

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
