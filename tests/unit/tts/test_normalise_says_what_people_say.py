"""Written French and English become the words people say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts.normalise import normalise

FRENCH = """
12,50 €|douze euros cinquante
0,05 €|cinq centimes
1 €|un euro
10€50|dix euros cinquante
12,00 €|douze euros
1 234,56 €|mille deux cent trente-quatre euros cinquante-six
1.500 €|mille cinq cents euros
1 000 000 €|un million d'euros
2 M€|deux millions d'euros
20 € TTC|vingt euros toutes taxes comprises
12 €/mois|douze euros par mois
$5.50|cinq dollars cinquante
21 £|vingt et une livres
12,5 %|douze virgule cinq pour cent
-3,5 %|moins trois virgule cinq pour cent
3,05|trois virgule zéro cinq
24/11/2026|vingt-quatre novembre deux mille vingt-six
2026-11-24|vingt-quatre novembre deux mille vingt-six
mardi 24 novembre|mardi vingt-quatre novembre
le 24/11|le vingt-quatre novembre
le 1 décembre|le premier décembre
le 1er décembre|le premier décembre
le 05/01/27 à 8h05|le cinq janvier deux mille vingt-sept à huit heures cinq
14h30|quatorze heures trente
14 h 30|quatorze heures trente
14:30|quatorze heures trente
9 h|neuf heures
1h05|une heure cinq
21h|vingt et une heures
0h|minuit
9h-12h30|neuf heures à douze heures trente
10:00-12:00|dix heures à douze heures
24h/24 et 7j/7|vingt-quatre heures sur vingt-quatre et sept jours sur sept
30 min|trente minutes
1 min|une minute
+33 1 62 00 12 34|zéro un, soixante-deux, zéro zéro, douze, trente-quatre
0162001234|zéro un, soixante-deux, zéro zéro, douze, trente-quatre
01.62.00.12.34|zéro un, soixante-deux, zéro zéro, douze, trente-quatre
appelez le 3114|appelez le trente et un quatorze
3114 €|trois mille cent quatorze euros
le 3919|le trente-neuf dix-neuf
116 117|cent seize cent dix-sept
jean.dupont-martin@exemple.fr|jean point dupont tiret martin arobase exemple point F R
https://www.exemple.fr/contact|exemple point F R barre oblique contact
2e étage|deuxième étage
1re visite|première visite
XXIe siècle|vingt et unième siècle
M. Dupont et Mme Martin|monsieur Dupont et madame Martin
M. et Mme Roy|monsieur et madame Roy
le Dr Martin, 12 bd Victor Hugo|le docteur Martin, douze boulevard Victor Hugo
votre rdv|votre rendez-vous
n° 12|numéro douze
St-Malo|Saint-Malo
80 km|quatre-vingts kilomètres
45 m²|quarante-cinq mètres carrés
-5 °C|moins cinq degrés
SIREN 552 100 554|siren cinq cent cinquante-deux, cent, cinq cent cinquante-quatre
TVA|T V A
SMS|S M S
R&D|R et D
06000 Nice|zéro six mille Nice
le code 007|le code zéro zéro sept
10-12 personnes|dix à douze personnes
les 3/4|les trois quarts
A4|A quatre
**Bonjour** 😀 « Madame »|Bonjour Madame
VOUS ÊTES AU CABINET|vous êtes au cabinet
"""
ENGLISH = """
€12.50|twelve euros fifty
£0.05|five pence
$1,234.56|one thousand two hundred and thirty-four dollars fifty-six
$2m|two million dollars
€5/month|five euros per month
12.5%|twelve point five percent
24/11/2026|the twenty-fourth of November twenty twenty-six
2026-11-24|the twenty-fourth of November twenty twenty-six
Tuesday 24 November|Tuesday the twenty-fourth of November
November 24, 2026|November the twenty-fourth, twenty twenty-six
since 1984|since nineteen eighty-four
in 2005|in two thousand and five
14:30|half past two in the afternoon
9:00|nine o'clock
9:15|quarter past nine
21:45|quarter to ten in the evening
9:30 am|nine thirty a m
9-11am|nine to eleven a m
00:00|midnight
+33 1 62 00 12 34|zero one, six two, zero zero, one two, three four
020 7946 0958|zero two zero, seven nine four six, zero nine five eight
call 999|call nine nine nine
jane.doe@example.com|jane dot doe at example dot com
https://example.co.uk/contact|example dot co dot U K slash contact
the 2nd floor|the second floor
Mr. Smith and Mrs. Jones|mister Smith and missus Jones
12 Baker St.|twelve Baker Street
No. 5|number five
45 m²|forty-five square metres
24/7|twenty-four seven
3.14|three point one four
1,234,567|one million two hundred and thirty-four thousand five hundred and sixty-seven
5-7 days|five to seven days
VAT|V A T
007|zero zero seven
# Hello *you* 😀|Hello you
"""


def _cases(table: str, language: str) -> list[tuple[str, str, str]]:
    return [(language, *line.rsplit("|", 1)) for line in table.strip().splitlines()]  # pyright: ignore


CASES = _cases(FRENCH, "fr") + _cases(ENGLISH, "en")


@pytest.mark.parametrize(("language", "written", "said"), CASES)
def test_what_is_written_is_said_as_people_say_it(language: str, written: str, said: str) -> None:
    assert normalise(written, language) == said


@pytest.mark.parametrize(("language", "written", "said"), CASES)
def test_words_are_left_as_they_are(language: str, written: str, said: str) -> None:
    assert normalise(said, language) == said


_PIECES = st.sampled_from(
    [
        "12",
        "1,5",
        "0",
        "00",
        "+33",
        "14h",
        "30",
        "€",
        "%",
        "/",
        "-",
        ".",
        ":",
        "@",
        "h",
        "min",
        "1er",
        "24/11",
        "T",
        "n°",
        "😀",
        "**",
        "²",
        "x",
        "M.",
        "a@b.fr",
        "km",
        "999",
        "٣",
        "①",
        "Ⅳ",
        "2026-13-45",
        "99:99",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=8).map(" ".join), st.lists(_PIECES).map("".join)))
def test_no_text_raises_and_no_digit_is_left(text: str) -> None:
    for language in ("fr", "en"):
        assert not any(c.isdigit() for c in normalise(text, language))


def test_a_number_of_a_thousand_digits_is_read_without_error() -> None:
    assert normalise("1" * 1000, "fr").startswith("un un un")
