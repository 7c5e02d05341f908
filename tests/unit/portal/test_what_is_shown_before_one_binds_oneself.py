"""A recap holds what is bound to, its hash changes with it, and endings show the contract's own dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from billing.plans.offered import Plan
from billing.plans.subscription import PriceChange, SubscriptionFacts
from portal.ordering import recap, terms
from portal.ordering.recap import Offer, Terms
from store.base.errors import BadInput

PLAN = Plan("accueil", 2, "Accueil", 49_000_000, 1, 1, "standard", {"sms": 5_000_000})
TERMS = Terms("2025-01", "a" * 64, "application/pdf")
START = date(2026, 11, 27)
FACTS = SubscriptionFacts(START, 49_000_000)


def test_an_order_says_the_price_with_its_options_and_the_contracts_dates() -> None:
    made = recap.order("Cabinet", Offer(PLAN, 120), ["sms"], START, TERMS, sensitive=True)
    assert (made["monthly_price"], made["minutes"], made["committed_until"]) == ("54.00", 120, "2027-11-26")
    assert (made["first_period_ends"], made["withdraw_until"]) == ("2026-12-26", "2026-12-04")
    rows = dict(recap.rows(made))
    assert rows["Prix par mois, hors taxes"] == "54,00 €"
    assert rows["Données sensibles"] == "oui, déclarées"
    assert rows["Début"] == "27/11/2026"


def test_the_hash_is_of_what_was_shown_and_of_nothing_else() -> None:
    made = recap.order("Cabinet", Offer(PLAN, 120), [], START, TERMS, sensitive=None)
    assert recap.digest(dict(reversed(made.items()))) == recap.digest(made)
    others = [
        recap.order("Cabinet", Offer(replace(PLAN, monthly_micros=50_000_000), 120), [], START, TERMS, None),
        recap.order("Cabinet", Offer(PLAN, 120), ["sms"], START, TERMS, None),
        recap.order("Cabinet", Offer(PLAN, 120), [], START, replace(TERMS, sha256="b" * 64), None),
        recap.order("Cabinet", Offer(PLAN, 120), [], date(2026, 11, 28), TERMS, None),
    ]
    assert len({recap.digest(each) for each in [made, *others]}) == 5


def test_notice_ends_a_calendar_month_and_never_within_the_first_year() -> None:
    early = recap.ended(FACTS, "notice", date(2027, 1, 5))
    late = recap.ended(FACTS, "notice", date(2028, 3, 10))
    assert early is not None
    assert late is not None
    assert (early.ends_on, late.ends_on) == (date(2027, 11, 26), date(2028, 4, 30))
    assert dict(recap.rows(recap.ending("Cabinet", "accueil", "notice", date(2027, 1, 5), early)))[
        "Fin du contrat"
    ] == ("26/11/2027")


def test_withdrawal_gives_back_what_was_not_performed_and_is_over_after_seven_days() -> None:
    after = recap.ended(FACTS, "withdrawal", date(2026, 11, 29))
    assert after is not None
    assert (after.ends_on, after.refund_micros) == (date(2026, 11, 29), 49_000_000 - 4_900_000)
    assert recap.ended(FACTS, "withdrawal", date(2026, 12, 5)) is None


def test_one_leaves_before_a_new_price_only_where_one_is_ahead_and_the_year_is_over() -> None:
    assert recap.ended(FACTS, "leave", date(2028, 1, 5)) is None
    raised = replace(FACTS, price_changes=(PriceChange(date(2028, 1, 2), date(2028, 2, 1), 59_000_000),))
    ahead = recap.next_price(raised, date(2028, 1, 5))
    assert ahead == (date(2028, 2, 27), 59_000_000)
    after = recap.ended(raised, "leave", date(2028, 1, 5))
    assert after is not None
    assert after.ends_on == date(2028, 2, 26)
    assert recap.next_price(raised, date(2028, 3, 1)) is None


def test_what_was_ended_is_not_ended_again() -> None:
    given = replace(FACTS, notice_on=date(2026, 11, 28))
    assert [recap.ended(given, how, date(2026, 11, 29)) for how in recap.ENDINGS] == [None, None, None]


def test_terms_are_a_pdf_or_text_by_their_content() -> None:
    assert terms.kind_of(b"%PDF-1.7 ...") == "application/pdf"
    assert terms.kind_of("Conditions générales".encode()) == "text/plain"
    for wrong in (b"", b"\xff\xfe", b"a\0b", b"x" * (terms.MOST + 1)):
        with pytest.raises(BadInput):
            terms.kind_of(wrong)
