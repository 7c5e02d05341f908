"""Billing's secrets: from their variable, or their file in the home's `secrets`; empty where there is neither."""

from __future__ import annotations

import os

from store.base.secrets import SecretMissing, read_secret
from store.base.settings import Settings

NAMES = {
    "stripe-key": "DECROCHE_STRIPE_KEY",
    "stripe-webhook": "DECROCHE_STRIPE_WEBHOOK_SECRET",
    "notice-webhook": "DECROCHE_WEBHOOK_SECRET",
    "smtp-password": "DECROCHE_SMTP_PASSWORD",
    "sms-token": "DECROCHE_SMS_TOKEN",
}
"""Secret → the variable that may hold it instead."""


def key(name: str, of: Settings) -> str:
    """The secret `name`, or ''. Raises SecretExposed for a file others can read."""
    if found := os.environ.get(NAMES[name], ""):
        return found
    try:
        return read_secret(name, of=of)
    except SecretMissing:
        return ""
