"""How people say what they dictate: the opposite of what is tested, written apart from it, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from agents.slots.text import listed

FR = listed("zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize")
FR_TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 7: "soixante", 8: "quatre-vingt",
           9: "quatre-vingt"}  # fmt: skip
EN = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
EN_TENS = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty", 6: "sixty", 7: "seventy", 8: "eighty", 9: "ninety"}
FR_WORDS = {
    "a": "Anatole", "b": "Bernard", "c": "Célestin", "d": "Denise", "e": "Eugène", "f": "François", "g": "Gaston",
    "h": "Henri", "i": "Irma", "j": "Joseph", "k": "Kléber", "l": "Louis", "m": "Marcel", "n": "Nicolas",
    "o": "Oscar", "p": "Pierre", "q": "Quentin", "r": "Raoul", "s": "Suzanne", "t": "Thérèse", "u": "Ursule",
    "v": "Victor", "w": "William", "x": "Xavier", "y": "Yvonne", "z": "Zoé",
}  # fmt: skip
EN_WORDS = {
    word[0]: word.capitalize()
    for word in listed(
        "apple boat candle dog egg fish garden house island jam kite lemon monkey nest orange paper queen river sugar "
        "table umbrella violin water xylophone yellow zebra"
    )
}
SIGNS = {
    "-": ["tiret", "tiret du 6", "tiret du six", "trait d'union"],
    "_": ["underscore", "tiret du 8", "tiret du bas", "tiret bas"],
    ".": ["point"],
}


def below_hundred(n: int) -> str:
    """A French number from 0 to 99 with its hyphens."""
    if n < 17:
        return FR[n]
    tens, unit = divmod(n, 10)
    if n < 20:
        return f"dix-{FR[unit]}"
    if tens in (7, 9):
        joint = " et " if n == 71 else "-"
        return f"{FR_TENS[tens]}{joint}{below_hundred(10 + unit)}"
    if unit == 0:
        return FR_TENS[tens] + ("s" if tens == 8 else "")
    return f"{FR_TENS[tens]} et un" if unit == 1 and tens != 8 else f"{FR_TENS[tens]}-{FR[unit]}"


def english(n: int) -> str:
    """An English number from 0 to 99."""
    if n < 20:
        return EN[n]
    tens, unit = divmod(n, 10)
    return EN_TENS[tens] + (f"-{EN[unit]}" if unit else "")


def pair(two: str, language: str) -> str:
    """Two digits as a pair: "zéro six", "quarante-deux"."""
    say, units = (below_hundred, FR) if language == "fr" else (english, EN)
    return f"{units[0]} {units[int(two[1])]}" if two[0] == "0" else say(int(two))


@st.composite
def group(draw: st.DrawFn, digits: str, language: str = "fr") -> str:
    """Two or three digits, one of the ways in which they are said or written down by the ear."""
    units = FR if language == "fr" else EN
    singly = " ".join(units[int(digit)] for digit in digits)
    ways = [digits, singly, " ".join(digits)]
    if len(digits) == 2:
        ways += [pair(digits, language)] + ([f"double {units[int(digits[0])]}"] if digits[0] == digits[1] else [])
    if len(digits) == 3 and language == "fr" and digits[0] != "0":
        head = "cent" if digits[0] == "1" else f"{FR[int(digits[0])]} cent"
        ways.append(head + ("s" if digits[1:] == "00" and digits[0] != "1" else "") if digits[1:] == "00"
                    else f"{head} {below_hundred(int(digits[1:]))}")  # fmt: skip
    return draw(st.sampled_from(ways))


@st.composite
def breaths(draw: st.DrawFn, parts: list[str], joints: list[str]) -> list[str]:
    """The parts said in one breath or several, with what may stand between them."""
    said, now = list[str](), parts[0]
    for part in parts[1:]:
        if draw(st.booleans()) and draw(st.booleans()):
            said.append(now)
            now = part
        else:
            now += draw(st.sampled_from(joints)) + part
    return [*said, now]


@st.composite
def letters(draw: st.DrawFn, word: str, language: str = "fr") -> list[str]:
    """A word spelled: each letter by its sign or with a word; doubled ones as such."""
    told: list[str] = []
    at = 0
    while at < len(word):
        letter = word[at]
        if letter == word[at + 1 : at + 2] and letter not in "uv" and draw(st.booleans()):
            ways = [f"double {letter}"] + ([f"deux {letter}"] if language == "fr" else [])
            told.append(draw(st.sampled_from(ways)))
            at += 2
            continue
        ways = [letter, letter.upper()]
        if language == "fr":
            ways += [f"{letter} comme {FR_WORDS[letter]}", *(["double v"] if letter == "w" else [])]
        else:
            ways += [f"{letter} as in {EN_WORDS[letter]}", f"{letter} for {EN_WORDS[letter]}"]
        told.append(draw(st.sampled_from(ways)))
        at += 1
    return told
