"""Errors in an agent's file name the line, the path and what to do."""

from __future__ import annotations

import pytest

from agents.loading import AgentFileError, loads

GOOD = """id: test
name: Test
language: fr
company: {name: Test}
greeting: Bonjour.
disclosure: Je suis une intelligence artificielle.
scenario:
  start: a
  slots:
    suite: {type: yes_no}
  steps:
    - id: a
      ask: Encore ?
      fill: suite
      answers: {yes: a, no: z}
    - id: z
      end: true
"""


def problems(text: str) -> str:
    with pytest.raises(AgentFileError) as caught:
        loads(text)
    return str(caught.value)


def test_a_good_file_has_no_problem() -> None:
    assert loads(GOOD).warnings == ()


def test_an_unknown_key_is_refused_with_its_line_and_a_suggestion() -> None:
    told = problems(GOOD.replace("greeting:", "greetin:"))
    assert "agent:5: greetin: unknown key 'greetin'; did you mean 'greeting'?" in told


def test_a_step_that_leads_to_nothing_known() -> None:
    assert "agent:15: scenario.steps[0].answers.no: step 'a' leads to 'zz'" in problems(
        GOOD.replace("no: z}", "no: zz}")
    )


def test_a_step_that_leads_nowhere() -> None:
    assert "step 'z' leads nowhere" in problems(GOOD.replace("end: true", "say: Voilà."))


def test_a_step_never_reached() -> None:
    assert "step 'x' is never reached" in problems(GOOD + "    - {id: x, end: true}\n")


def test_a_loop_without_exit() -> None:
    assert "goes round for ever" in problems(GOOD.replace("no: z}", "no: a}"))


def test_an_answer_without_a_way_on() -> None:
    assert "leads nowhere on: no" in problems(GOOD.replace("{yes: a, no: z}", "{yes: z}"))


def test_an_unknown_tool() -> None:
    assert "'fax' is not one of" in problems(GOOD + "tools: [fax]\n")


def test_a_transfer_without_a_person() -> None:
    assert "no 'human' to transfer to" in problems(GOOD + "tools: [transfer]\n")


def test_a_disclosure_that_does_not_say_ai() -> None:
    assert "AI Act" in problems(GOOD.replace("une intelligence artificielle", "Camille"))


def test_a_missing_disclosure_is_a_warning_for_a_draft() -> None:
    text = GOOD.replace("disclosure: Je suis une intelligence artificielle.\n", "")
    assert "cannot be published" in loads(text).warnings[0].what


def test_a_name_in_braces_that_nothing_fills() -> None:
    assert "nothing fills {suit}" in problems(GOOD.replace("Encore ?", '"Encore {suit} ?"'))


def test_a_slot_that_does_not_exist() -> None:
    assert "no slot 'suit'" in problems(GOOD.replace("fill: suite", "fill: suit"))


def test_canvassing_must_say_that_it_is_commercial() -> None:
    assert "L221-16" in problems(GOOD + "purpose: canvassing\n")


COLD = GOOD.replace(
    "company: {name: Test}\ngreeting: Bonjour.",
    "company: {name: Solar Plus, on_behalf_of: Toit Vert}\npurpose: canvassing\ngoods: toitures\n"
    "commercial_notice: C'est un appel commercial. Pour ne plus être appelé, rappelez ce numéro.\n"
    "greeting: 'Bonjour, {company}, pour {on_behalf_of}.'",
)


def test_canvassing_that_says_all_the_law_wants_has_no_problem() -> None:
    assert loads(COLD).warnings == ()


@pytest.mark.parametrize(
    ("said", "instead", "told"),
    [
        ("{company}, ", "", "who calls (Solar Plus)"),
        (", pour {on_behalf_of}", "", "on whose behalf (Toit Vert)"),
        ("C'est un appel commercial.", "Merci.", "commercial"),
        ("Pour ne plus être appelé, rappelez ce numéro.", "Merci.", "CPCE L34-5 al. 5"),
        ("ne plus être appelé, rappelez ce numéro", "ne plus être appelé, dites stop", "CPCE L34-5 al. 5"),
        ("ask: Encore ?", "ask: Votre commande est confirmée, encore ?", "C. conso L221-16 al. 2-3"),
        ("goods: toitures", "goods: toitures\nsector: insurance", "C. ass. L112-2-2"),
        ("Bonjour, ", "Ça va ? Bonjour, ", "asks something before"),
    ],
)
def test_canvassing_that_leaves_out_one_thing_is_told_which(said: str, instead: str, told: str) -> None:
    assert told in problems(COLD.replace(said, instead))


def test_a_contract_that_runs_may_be_spoken_of_as_concluded_and_insured() -> None:
    text = COLD.replace("ask: Encore ?", "ask: Votre commande est confirmée, encore ?")
    assert loads(text.replace("purpose: canvassing", "purpose: contract\nsector: insurance")).warnings == ()


def test_where_prospecting_is_banned_a_webhook_is_warned_of() -> None:
    text = COLD.replace("goods: toitures", "goods: toitures\ntools: [webhook]\nsector: renewable_energy")
    assert [problem for problem in loads(text).warnings if "L223-8" in str(problem)]
    assert not [p for p in loads(text.replace("renewable_energy", "training_account")).warnings if "L223-8" in str(p)]


def test_canvassing_names_what_it_is_about() -> None:
    assert "names no goods" in problems(COLD.replace("goods: toitures\n", ""))


def test_a_sector_the_law_does_not_know_is_no_sector() -> None:
    assert "sector" in problems(COLD.replace("goods: toitures\n", "goods: toitures\nsector: solar\n"))


def test_hours_that_end_before_they_begin() -> None:
    assert "agent:18: hours.mon:" in problems(GOOD + "hours: {mon: 18:00-9:00}\n")


def test_the_same_key_twice() -> None:
    assert "is there twice" in problems(GOOD + "name: Encore\n")


def test_broken_yaml_names_its_line() -> None:
    assert "agent:2: YAML" in problems("id: x\n  name: y: z\n")


def with_slot(slot: str) -> str:
    """A good file with one more slot, asked for."""
    asks = "    - {id: a, ask: Quoi, fill: ref, next: b}\n    - id: b\n"
    text = GOOD.replace("    suite: {type: yes_no}\n", f"    suite: {{type: yes_no}}\n    ref: {slot}\n")
    return text.replace("    - id: a\n", asks).replace("yes: a", "yes: b")


def test_a_pattern_and_a_list_are_read() -> None:
    agent = loads(with_slot(r"{type: reference, pattern: '[A-Z]{2}\d{4}', list: [CX2041, AB0001]}")).agent
    assert (agent.slots["ref"].pattern, agent.slots["ref"].list) == (r"[A-Z]{2}\d{4}", ["CX2041", "AB0001"])


@pytest.mark.parametrize(
    ("slot", "told"),
    [
        ("{type: reference, pattern: '[A-Z'}", "scenario.slots.ref.pattern: '[A-Z': '[' at character 1 holds no list"),
        ("{type: reference, pattern: '(A|B'}", "'(' at character 1 is not closed"),
        ("{type: date, pattern: 'A'}", "scenario.slots.ref.pattern: 'ref' is a date, which has no 'pattern'"),
        ("{type: phone, list: [A]}", "scenario.slots.ref.list: 'ref' is a phone, which has no 'list'"),
        ("{type: text, list: [Lyon, lyon]}", "'lyon' is there 2 times"),
        (r"{type: reference, pattern: '\d+', list: [AB]}", "'AB' is not of the form of 'pattern'"),
        ("{type: number, min: 4, max: 2}", "scenario.slots.ref.min: 4 is more than 'max', 2"),
    ],
)
def test_what_a_slot_accepts_is_checked(slot: str, told: str) -> None:
    assert told in problems(with_slot(slot))
