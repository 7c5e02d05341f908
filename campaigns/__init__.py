"""Whom to call: contacts, lists and campaigns. Never talks to Asterisk; law and prices are asked for."""
