"""An agent's file changed by a form: what changed is changed, the rest stays byte for byte, faults stand by fields."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agents import forms
from agents.forms import ClosureLine, FactLine, FormRefused
from agents.loading import EXAMPLES, loads
from agents.writing import with_item, with_text, with_value, with_words, without

DENTAL = (EXAMPLES / "dental.fr.yaml").read_text(encoding="utf-8")
FILES = sorted(EXAMPLES.glob("*.yaml"))


def lines_changed(old: str, new: str) -> tuple[list[str], list[str]]:
    """(lines that went, lines that came)."""
    before, after = old.splitlines(), new.splitlines()
    return [x for x in before if x not in after], [x for x in after if x not in before]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_form_that_changes_nothing_leaves_the_file_as_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert forms.write(text, forms.read(loads(text).agent)) == text


def test_one_changed_hour_changes_one_line_and_no_comment() -> None:
    form = forms.read(loads(DENTAL).agent)
    made = forms.write(DENTAL, replace(form, hours={**form.hours, "wed": "9:00-13:00"}))
    assert lines_changed(DENTAL, made) == (["  wed: 9:00-12:30"], ["  wed: 9:00-13:00"])


def test_a_day_is_opened_and_another_closed() -> None:
    form = forms.read(loads(DENTAL).agent)
    made = forms.write(DENTAL, replace(form, hours={**form.hours, "fri": "", "sat": "9:00-12:00"}))
    agent = loads(made).agent
    assert agent.hours is not None
    assert (agent.hours.fri, agent.hours.sat) == ("", "9:00-12:00")
    assert [c.reason for c in agent.hours.closed] == ["Le cabinet ferme pour les fêtes."]


def test_greeting_person_and_closures_are_written_and_read_back() -> None:
    form = forms.read(loads(DENTAL).agent)
    wanted = replace(
        form,
        greeting='Cabinet "du Parc", bonjour : à votre écoute.',
        human_name="Léa",
        human_number="06 39 98 00 12",
        closures=[*form.closures, ClosureLine("2027-05-14", "", "Le pont.")],
    )
    again = forms.read(loads(forms.write(DENTAL, wanted)).agent)
    assert again == replace(wanted, human_number="+33639980012")


def test_a_person_is_asked_first_or_no_more_and_the_rest_of_the_file_stays() -> None:
    form = forms.read(loads(DENTAL).agent)
    asked = forms.write(DENTAL, replace(form, attended=True))
    assert forms.read(loads(asked).agent) == replace(form, attended=True)
    gone, came = lines_changed(DENTAL, asked)
    assert len(gone) <= 1
    assert len(came) == 1
    again = forms.write(asked, form)
    assert forms.read(loads(again).agent) == form


def test_the_only_closure_is_taken_out_with_its_key() -> None:
    form = forms.read(loads(DENTAL).agent)
    made = forms.write(DENTAL, replace(form, closures=[]))
    assert "  closed:\n" not in made
    assert forms.read(loads(made).agent).closures == []


def test_a_fact_is_reworded_another_goes_and_a_new_one_comes_last() -> None:
    form = forms.read(loads(DENTAL).agent)
    facts = [
        replace(fact, told="Il est derrière.") if fact.id == "parking" else fact
        for fact in form.facts
        if fact.id != "whitening"
    ]
    new = FactLine("", "le wifi", ("wifi", "internet"), "Oui, demandez le code à l'accueil.")
    trials = DENTAL[DENTAL.index("tests:") :]
    kept = DENTAL.replace(trials, trials[: trials.index('      - {caller: "Et un blanchiment')])
    made = forms.write(kept, replace(form, facts=[*facts, new]))
    agent = loads(made).agent
    assert [fact.id for fact in agent.facts][-1] == "le_wifi"
    assert "whitening" not in [fact.id for fact in agent.facts]
    assert agent.fact("parking").say == "Il est derrière."
    for comment in (
        "# Cabinet dentaire : répond aux questions",
        "# Ce que l'agente sait.",
        "# Dit dès que l'on décroche",
    ):
        assert comment in made


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"greeting": "  "}, "accueil"),
        ({"human_number": "12"}, "humain-numero"),
        ({"human_name": ""}, "humain-nom"),
        ({"hours": {"mon": "dès l'aube"}}, "heures-mon"),
        ({"closures": [ClosureLine("2027-02-30")]}, "fermeture-0"),
        ({"closures": [ClosureLine("2027-03-02", "2027-03-01")]}, "fermeture-0"),
        ({"facts": [FactLine("", "x", ("x",), "")]}, "fait-0-dit"),
        ({"facts": [FactLine("", "x", (), "y")]}, "fait-0-mots"),
        ({"greeting": "Bonjour {prenom}."}, "accueil"),
    ],
)
def test_what_is_wrong_is_said_by_the_field_that_holds_it(change: dict[str, object], field: str) -> None:
    form = replace(forms.read(loads(DENTAL).agent), **change)  # pyright: ignore[reportArgumentType]
    with pytest.raises(FormRefused) as refused:
        forms.write(DENTAL, form)
    assert field in refused.value.faults


YAML = """\
# top
a: one   # said of a
b:
  # inside
  c: two
  d: [x, y, z]
e:
  - name: first
    more: 1   # of the first
  - name: second
f: {g: h, i: j}
empty:
"""


def test_texts_words_keys_and_items_are_changed_in_their_own_style() -> None:
    assert with_text(YAML, ("a",), "un") == YAML.replace("a: one", 'a: "un"')
    assert with_text(YAML, ("b", "new"), "n") == YAML.replace("z]\n", 'z]\n  new: "n"\n')
    assert with_text(YAML, ("f", "g"), "k") == YAML.replace("g: h", 'g: "k"')
    assert with_text(YAML, ("empty",), "v") == YAML.replace("empty:", 'empty: "v"')
    assert with_words(YAML, ("b", "d"), ["w"]) == YAML.replace("[x, y, z]", '["w"]')
    assert with_value(YAML, ("n", "m"), "1") == YAML + "n: {m: 1}\n"
    assert with_item(YAML, ("e",), "{name: third}") == YAML.replace("second\n", "second\n  - {name: third}\n")
    assert with_item(YAML, ("b", "d"), "q") == YAML.replace("z]", "z, q]")


def test_what_is_taken_out_goes_whole_and_alone() -> None:
    assert without(YAML, ("a",)) == YAML.replace("a: one   # said of a\n", "")
    assert without(YAML, ("b", "d", 0)) == YAML.replace("x, ", "")
    assert without(YAML, ("b", "d", 2)) == YAML.replace(", z", "")
    assert without(YAML, ("e", 0)) == YAML.replace("  - name: first\n    more: 1   # of the first\n", "")
    assert without(YAML, ("e", 1)) == YAML.replace("  - name: second\n", "")
    assert without(YAML, ("f", "g")) == YAML.replace("g: h, ", "")
    assert without(YAML, ("nothing",)) == YAML
