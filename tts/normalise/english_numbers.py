"""English numbers, sums, dates and times in words."""

from __future__ import annotations

from num2words import num2words  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_LONGEST = 15
_HOURS = ["twelve", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]


def cardinal(digits: str | int) -> str:
    """An integer in words; leading zeros and very long ones digit by digit."""
    text = str(digits)
    if len(text) > _LONGEST or (len(text) > 1 and text[0] == "0"):
        return spell(text)
    return str(num2words(int(text), lang="en")).replace(",", "")


def spell(digits: str) -> str:
    """Digit by digit."""
    return " ".join(str(num2words(int(d), lang="en")) for d in digits)


def ordinal(digits: str | int) -> str:
    """`21` → twenty-first."""
    text = str(digits)
    return str(num2words(int(text), lang="en", to="ordinal")).replace(",", "") if len(text) < 10 else cardinal(text)


def year(digits: str) -> str:
    """As years are said: `nineteen eighty-four`, `two thousand and five`, `twenty twenty-six`."""
    value = int(digits)
    century, rest = divmod(value, 100)
    if len(digits) != 4 or (century % 10 == 0 and rest < 10) or not 11 <= century <= 20:
        return cardinal(digits)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def decimal(whole: str, fraction: str) -> str:
    """Decimals one by one: `three point one four`."""
    return f"{cardinal(whole)} point {spell(fraction)}"


def money(whole: str, fraction: str, unit: tuple[str, str, str, str]) -> str:
    """A sum. `unit`: euro, euros, cent, cents."""
    one, many, cent, cents = unit
    if len(fraction) > 2:
        return f"{decimal(whole, fraction)} {many}"
    small = int(fraction.ljust(2, "0") or 0)
    if int(whole) == 0 and small:
        return f"{cardinal(small)} {cent if small == 1 else cents}"
    said = f"{cardinal(whole)} {one if int(whole) == 1 else many}"
    return f"{said} {cardinal(small)}" if small else said


def date(day: int, month: int, written_year: str = "") -> str:
    """`the twenty-fourth of November twenty twenty-six`. Two digits of year are of this century."""
    if len(written_year) == 2:
        written_year = f"20{written_year}"
    said = f"the {ordinal(day)} of {MONTHS[month - 1]}"
    return f"{said} {year(written_year)}" if written_year else said


def time(hours: int, minutes: int, half: str = "") -> str:
    """The hour as it is spoken. `half`: am, pm, or empty for a 24-hour clock, which tells its part of the day."""
    if not half and minutes == 0 and hours % 24 == 0:
        return "midnight"
    if half:
        part = f" {' '.join(half)}"
    else:
        part = "" if hours <= 12 else " in the afternoon" if hours < 18 else " in the evening"
    hour, after = _HOURS[hours % 12], _HOURS[(hours + 1) % 12]
    if minutes == 0:
        return f"{hour}{part}" if half else f"{hour} o'clock{part}"
    if half:
        return f"{hour} {'oh ' if minutes < 10 else ''}{cardinal(minutes)}{part}"
    spoken = {15: f"quarter past {hour}", 30: f"half past {hour}", 45: f"quarter to {after}"}
    return spoken.get(minutes, f"{hour} {'oh ' if minutes < 10 else ''}{cardinal(minutes)}") + part


def phone(groups: list[str]) -> str:
    """Digit by digit, with a breath between groups."""
    return ", ".join(spell(group) for group in groups)
