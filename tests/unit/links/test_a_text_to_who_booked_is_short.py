"""Texts: how many SMS they take, what they say, to whom and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_app.desk.agenda import TO_CONFIRM
from portal.links.texts import wording
from store.base.gsm import Size, fitted, size
from store.bookings import Booking

PARIS = "Europe/Paris"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Size("gsm", 0, 1)), ("a" * 160, Size("gsm", 160, 1)), ("a" * 161, Size("gsm", 161, 2)),
        ("a" * 306, Size("gsm", 306, 2)), ("a" * 307, Size("gsm", 307, 3)), ("€" * 80, Size("gsm", 160, 1)),
        ("€" * 81, Size("gsm", 162, 2)), ("a" * 152 + "€" + "a" * 152, Size("gsm", 306, 3)),
        ("éèàùÇ", Size("gsm", 5, 1)),
        ("ê", Size("ucs2", 1, 1)), ("ж" * 70, Size("ucs2", 70, 1)), ("ж" * 71, Size("ucs2", 71, 2)),
        ("😀" * 35, Size("ucs2", 70, 1)), ("😀" * 67, Size("ucs2", 134, 3)),
    ],
)  # fmt: skip
def test_a_text_takes_so_many(text: str, wanted: Size) -> None:
    """3GPP 23.038: the euro takes two places, and no character is cut in two between parts."""
    assert size(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("Fête à l’hôtel : « œuf » ça…", 'Fete à l\'hotel : " oeuf " ca...'), ("Zoë Nuñez, 12 €", "Zoe Nuñez, 12 €"),
     ("жук", "жук")],
)  # fmt: skip
def test_letters_are_written_as_the_alphabet_has_them(text: str, wanted: str) -> None:
    assert fitted(text) == wanted


@given(st.text(alphabet="aàâäbcçdeéèêëiîïoôöœuùûüyÿ’«»– €", max_size=80))
def test_french_is_never_sent_in_the_dear_alphabet(text: str) -> None:
    assert size(fitted(text)).alphabet == "gsm"
    assert fitted(fitted(text)) == fitted(text)


def booking(starts: datetime, **more: str) -> Booking:
    given: dict[str, str] = {"note": "", "status": "booked", **more}
    return Booking(
        UUID(int=1), UUID(int=2), None, "accueil", "Claire Martin", "+33612345678", starts,
        starts + timedelta(minutes=30), given["note"], given["status"], starts - timedelta(days=9),  # type: ignore[arg-type]
    )  # fmt: skip


AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
WHOSE, CHANGE = "Cabinet Molaire : votre rendez-vous du mardi 01/12 à 10h00 est ", " Pour le changer : 0162001234"


@pytest.mark.parametrize(
    ("what", "language", "more", "wanted"),
    [
        ("booked", "fr", {}, f"{WHOSE}noté.{CHANGE}"),
        ("booked", "fr", {"note": TO_CONFIRM}, f"{WHOSE}à confirmer.{CHANGE}"),
        ("cancelled", "fr", {}, f"{WHOSE}annulé."),
        ("reminder", "en", {},
         "Cabinet Molaire: reminder, appointment Tuesday 1/12 at 10:00. To change it: 0162001234"),
    ],
)  # fmt: skip
def test_it_says_whom_it_is_with_and_when(what: wording.What, language: str, more: dict[str, str], wanted: str) -> None:
    told = wording.text(what, booking(AT, **more), "Cabinet Molaire", PARIS, language, "+33162001234")  # type: ignore[arg-type]
    assert told == wanted
    assert size(told).segments == 1


@given(st.text(min_size=1, max_size=200), st.sampled_from(wording.WHATS), st.sampled_from(["fr", "en"]))
def test_whatever_the_client_is_called_a_french_name_makes_one_sms(
    name: str, what: wording.What, language: str
) -> None:
    told = wording.text(what, booking(AT), name, PARIS, language, "+33162001234")  # type: ignore[arg-type]
    assert "\n" not in told
    assert size(told).segments == 1 or size(told).alphabet == "ucs2"


@pytest.mark.parametrize(
    ("number", "wanted"),
    [("+33612345678", True), ("+33712345678", True), ("+262692123456", True), ("+33162001234", False),
     ("+33912345678", False), ("+447911123456", False), ("", False), (None, False), ("3114", False)],
)  # fmt: skip
def test_only_french_mobiles_are_texted(number: str | None, wanted: bool) -> None:
    assert wording.textable(number) is wanted


@pytest.mark.parametrize(("hour", "at"), [(7, "09:00"), (10, "10:00"), (22, "20:00"), (20, "20:00")])
def test_nobody_is_reminded_at_night(hour: int, at: str) -> None:
    starts = datetime(2026, 12, 1, hour, tzinfo=ZoneInfo(PARIS))
    assert f"{wording.reminded_at(booking(starts), PARIS):%d %H:%M}" == f"30 {at}"


@pytest.mark.parametrize(
    ("language", "note", "wanted"),
    [
        ("fr", "", "Cabinet : votre rendez-vous du jeudi 03/12 à 15h30 est déplacé au mardi 01/12 à 10h00."),
        ("fr", TO_CONFIRM,
         "Cabinet : votre rendez-vous du jeudi 03/12 à 15h30 est déplacé au mardi 01/12 à 10h00, à confirmer."),
        ("en", "", "Cabinet: your appointment on Thursday 3/12 at 15:30 is moved to Tuesday 1/12 at 10:00."),
    ],
)  # fmt: skip
def test_one_that_was_moved_names_both_times(language: str, note: str, wanted: str) -> None:
    before = datetime(2026, 12, 3, 14, 30, tzinfo=UTC)
    told = wording.text("booked", booking(AT, note=note), "Cabinet", PARIS, language, "", before)  # type: ignore[arg-type]
    assert told == wanted
    assert size(told).segments == 1
