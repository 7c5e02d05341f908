"""The list of phrases has all that templates and messages say; dates and sums are written as an English reader does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from portal import words
from portal.chat import pages as chat_pages
from portal.links.hooks.kinds import KINDS
from portal.ordering import pages as ordering_pages
from portal.ordering import recap
from portal.people.roles import RIGHTS, SPOKEN
from portal.reading.agents import STATES
from portal.reading.journal import ACTIONS, GROUPS
from portal.support import pages as support_pages
from portal.support import wording
from portal.web import agent_pages, data_pages, integration_pages, law_pages, paying_pages, team_pages
from portal.web.app import HERE, templates
from portal.web.visit import MENU
from portal.wording import english
from portal.wording.translating import english as put
from portal.wording.translating import phrases, said_in, translated

PAGES = sorted((HERE / "templates").rglob("*.html"))
NOT_WORDS = ("decroche ", "narrow", "aria-invalid", "Français", "English")
"""Commands to type, names of languages, and what the pages' own code leaves between tags."""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_all_that_a_template_says_is_in_the_list(path: Path) -> None:
    missing = [text for text in said_in(path.read_text(encoding="utf-8")) if text not in phrases()]
    assert not [text for text in missing if not text.startswith(NOT_WORDS)]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_template_in_english_is_a_template(path: Path) -> None:
    made = templates("en").get_template(str(path.relative_to(HERE / "templates")))
    assert made.name


def test_what_code_says_is_in_the_list() -> None:
    said = [
        *(name for _, name, _ in MENU), *RIGHTS.values(), *SPOKEN.values(), *agent_pages.DONE.values(),
        *team_pages.DONE.values(), *(text for _, text in team_pages.TOLD.values()), *law_pages.KINDS.values(),
        *law_pages.HOW.values(), *law_pages.CLOSED.values(), *data_pages.NAMES.values(), *words.OUTCOMES.values(),
        *paying_pages.METHODS.values(), *paying_pages.WHY.values(), *paying_pages.NAMES.values(),
        *paying_pages.AGES.values(), *ordering_pages.DONE.values(), *ordering_pages.TITLES.values(),
        *ordering_pages.SUPPORT.values(), ordering_pages.NO_TERMS, *recap.NAMES.values(), *recap.STATES.values(),
        *recap.LABELS.values(),
        *chat_pages.DONE.values(), *(text for _, text in chat_pages.TOLD.values()),
        *integration_pages.DONE.values(), *(text for _, text in integration_pages.TOLD.values()),
        *integration_pages.STATES.values(), *integration_pages.WHY.values(), *KINDS.values(),
        *wording.SEVERITIES.values(), *wording.MEANT.values(), *wording.STATES.values(), *wording.DESK_STATES.values(),
        *wording.KINDS.values(), *wording.WINDOWS.values(), *wording.DONE.values(),
        *(text for _, text in support_pages.FAULTS.values()),
        *(state for state, _ in STATES.values()), *(name for name, _ in GROUPS.values()), *words.LONG_DAYS,
    ]  # fmt: skip
    assert [text for text in said if text not in phrases()] == []
    untold = [text for text in ACTIONS.values() if text not in phrases()]
    assert len(untold) < len(ACTIONS) / 3  # the operator's own acts may stay as they are


def test_a_message_with_a_gap_is_filled_again() -> None:
    told = put("Trop d'essais. Réessayez dans 3\u00a0s.")
    assert told == "Too many attempts. Try again in 3\u00a0s."
    assert put("Le cabinet ferme.") == "Le cabinet ferme."


def test_a_translated_template_keeps_its_code_and_tags() -> None:
    source = '<p class="x">Rien encore.{% if a == "Rien" %}<b title="Messages">{{ b }}</b>{% endif %}</p>'
    assert translated(source) == source.replace("Rien encore.", "Nothing yet.")


def test_instants_and_sums_are_written_as_in_english() -> None:
    paris, at = ZoneInfo("Europe/Paris"), datetime(2026, 7, 1, 8, 5, tzinfo=UTC)
    assert english.clock(at, paris) == "10:05"
    assert english.long_day(date(2026, 12, 1), paris) == "Tuesday 1 December 2026"
    assert english.short_date(date(2026, 12, 1)) == "1 Dec 2026"
    assert english.cents(-123_456) == "\u2212€1,234.56"
    assert english.euros(96_000) == "€0.0960"
    assert english.euros(None) == "no price"
    assert english.tenths(4200) == "4.2\u00a0s"
