"""Where the person called may be: time zone and local holidays, from a postcode or from a number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from compliance.law.numbers import Number


@dataclass(frozen=True, eq=False, slots=True)  # each place is made once: compared by identity, fast
class Place:
    """A place with one time zone; `local` names its holidays in rule W2b, or is empty."""

    name: str
    zone: ZoneInfo
    local: str = ""


@cache
def _place(name: str) -> Place:
    zone, local = _PLACES[name]
    return Place(name, ZoneInfo(zone), local)


_PLACES = {
    "metropole": ("Europe/Paris", ""),
    "alsace_moselle": ("Europe/Paris", "alsace_moselle"),
    "guadeloupe": ("America/Guadeloupe", "guadeloupe"),
    "saint_martin": ("America/Marigot", "saint_martin"),
    "saint_barthelemy": ("America/St_Barthelemy", "saint_barthelemy"),
    "martinique": ("America/Martinique", "martinique"),
    "guyane": ("America/Cayenne", "guyane"),
    "reunion": ("Indian/Reunion", "reunion"),
    "mayotte": ("Indian/Mayotte", "mayotte"),
    "saint_pierre_et_miquelon": ("America/Miquelon", ""),
    "wallis_et_futuna": ("Pacific/Wallis", ""),
    "nouvelle_caledonie": ("Pacific/Noumea", ""),
    "tahiti": ("Pacific/Tahiti", ""),
    "marquises": ("Pacific/Marquesas", ""),
    "gambier": ("Pacific/Gambier", ""),
}
# The longest matching prefix decides. 9874x are the Marquesas, 98755 Mangareva, 97133 Saint-Barthélemy.
_POSTCODES = {
    "57": "alsace_moselle", "67": "alsace_moselle", "68": "alsace_moselle",
    "971": "guadeloupe", "97133": "saint_barthelemy", "97150": "saint_martin",
    "977": "saint_barthelemy", "978": "saint_martin", "972": "martinique", "973": "guyane",
    "974": "reunion", "975": "saint_pierre_et_miquelon", "976": "mayotte", "980": "metropole",
    "986": "wallis_et_futuna", "987": "tahiti", "9874": "marquises", "98755": "gambier",
    "988": "nouvelle_caledonie",
}  # fmt: skip
_CODES = {
    33: ("metropole",),
    262: ("reunion", "mayotte"),
    590: ("guadeloupe", "saint_martin", "saint_barthelemy"),
    594: ("guyane",),
    596: ("martinique",),
    508: ("saint_pierre_et_miquelon",),
    681: ("wallis_et_futuna",),
    687: ("nouvelle_caledonie",),
    689: ("tahiti", "marquises", "gambier"),
}


@lru_cache(maxsize=65536)
def by_postcode(postcode: str) -> tuple[Place, ...]:
    """The place of a five-digit French postcode; every French place where an overseas one is unknown."""
    for length in (5, 4, 3, 2):
        if name := _POSTCODES.get(postcode[:length]):
            return (_place(name),)
    if postcode.startswith(("97", "98")):
        return tuple(_place(name) for name in _PLACES)
    return (_place("metropole"),)


@lru_cache(maxsize=65536)
def _abroad(e164: str) -> tuple[Place, ...]:
    import phonenumbers
    from phonenumbers import timezone  # its tables are large: loaded only for foreign numbers

    zones = timezone.time_zones_for_number(phonenumbers.parse(e164, None))
    if zones == ("Etc/Unknown",):
        zones = ("Pacific/Kiritimati", "Asia/Tokyo", "Europe/Paris", "America/New_York", "Pacific/Honolulu")
    return tuple(Place(zone, ZoneInfo(zone)) for zone in zones)


@lru_cache(maxsize=1024)
def _by_code(code: int) -> tuple[Place, ...]:
    return tuple(_place(name) for name in _CODES[code])


def plausible(number: Number, postcode: str | None) -> tuple[Place, ...]:
    """Every place the person may be in: one by postcode, else those the number's code covers."""
    if postcode:
        return by_postcode(postcode)
    return _by_code(number.code) if number.code in _CODES else _abroad(number.e164)
