"""Whoever listens between us and a mail server reads nothing: without TLS nothing is told to another machine."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from billing.office.outbox import Post, Undelivered, mail
from tests.mailbox import serving


def a_letter() -> EmailMessage:
    message = EmailMessage()
    message["To"] = "claire@example.org"
    message.set_content("Facture")
    return message


def test_a_server_that_offers_no_tls_is_told_nothing_unless_it_is_this_machine() -> None:
    with serving() as box:
        port = box.where.rpartition(":")[2]
        elsewhere = f"0.0.0.0:{port}"  # leads here, and is no name of the loopback
        with pytest.raises(Undelivered, match=r"claire@example\.org"):
            mail(a_letter(), Post(smtp=elsewhere, smtp_user="u", smtp_password="p"))
        assert box.letters == []
        mail(a_letter(), Post(smtp=box.where))
        assert [letter["To"] for letter in box.letters] == ["claire@example.org"]
