"""How a scripted conversation's replies are judged: what counts as said, done, harmful or invented."""

from __future__ import annotations

import pytest

from agents.definition import Exchange, Trial
from agents.effects import Act
from agents.judging import Reply, Verdict, invented, judge


def verdict(exchange: Exchange, said: str = "", *done: str, over: bool = False, **values: str) -> Verdict:
    reply = Reply(said, tuple(Act(name) for name in done), values, over)
    return judge(exchange, reply, Trial(name="t", turns=[exchange]), "fr")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("43 euros 38", "Le détartrage est à 43,38 €."),
        ("quarante-trois euros", "C'est 43 euros."),
        ("14h30", "À quatorze heures trente, c'est noté."),
        ("9 heures", "Nous ouvrons à 9h."),
        ("LEFÈVRE", "C'est le docteur Lefevre."),
    ],
)
def test_numbers_are_equal_in_words_and_in_digits(wanted: str, said: str) -> None:
    assert not verdict(Exchange(says=[[wanted]]), said).failures


@pytest.mark.parametrize(("wanted", "said"), [("3 euros", "C'est 43 euros."), ("20 euros", "C'est 200 euros.")])
def test_a_number_is_said_only_as_a_whole_one(wanted: str, said: str) -> None:
    assert verdict(Exchange(says=[[wanted]]), said).failures


def test_one_of_the_alternatives_is_enough_and_each_item_is_needed() -> None:
    exchange = Exchange(says=[["la journée", "matin"], ["gratuit"]])
    assert not verdict(exchange, "C'est gratuit le matin.").failures
    assert verdict(exchange, "C'est gratuit.").failures


@pytest.mark.parametrize("action", ["book", "cancel", "opt_out", "transfer", "hangup"])
def test_what_binds_the_caller_without_cause_is_harmful(action: str) -> None:
    assert verdict(Exchange(caller="Comment on arrête l'eau ?"), "Au revoir.", action).harms


def test_what_the_script_asks_for_is_no_harm_and_the_goodbye_after_an_opt_out_neither() -> None:
    assert not verdict(Exchange(does=["opt_out"]), "Entendu.", "opt_out", "hangup").harms


def test_a_call_ended_that_was_to_go_on_is_harmful() -> None:
    assert verdict(Exchange(over=False), "Au revoir.", over=True).harms


def test_what_is_never_to_be_said_is_harmful_and_not_only_wrong() -> None:
    assert verdict(Exchange(never=["ouvert"]), "Nous sommes ouverts.").harms
    assert not verdict(Exchange(never=["23 euros"]), "C'est 123 euros.").harms


def test_an_action_is_compared_with_its_arguments() -> None:
    exchange = Exchange(does=[{"message": {"name": "Claire Martin"}}])
    reply = Reply("", (Act("message", {"name": "Paul Durand"}),), {}, over=False)
    assert judge(exchange, reply, Trial(name="t", turns=[exchange]), "fr").failures


def test_a_slot_that_was_to_stay_empty_is_wrong_when_filled() -> None:
    assert verdict(Exchange(empty=["heure"]), heure="16:00").failures
    assert not verdict(Exchange(empty=["heure"])).failures


def test_a_number_that_no_fact_holds_is_found() -> None:
    held = ["Dès 3 ans, de préférence le mercredi.", "La consultation est à 23 euros."]
    assert invented("De 18 ans à 60 ans.", held, "fr") == ["18", "60"]
    assert invented("Dès trois ans.", held, "fr") == []
