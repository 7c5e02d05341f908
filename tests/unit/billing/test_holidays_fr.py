"""The public holidays of L3133-1 are those the `holidays` library knows for France, and no local ones."""

from __future__ import annotations

from datetime import date

import holidays
import pytest

from billing.rating.holidays_fr import public_holidays


@pytest.mark.parametrize("year", range(2008, 2100))  # 2005–2007: the library drops Whit Monday, worked that year
def test_a_year_has_the_holidays_of_the_library(year: int) -> None:
    assert public_holidays(year) == set(holidays.country_holidays("FR", years=year))


def test_local_holidays_are_not_national_ones() -> None:
    assert not {date(2026, 4, 3), date(2026, 12, 26), date(2026, 4, 5)} & public_holidays(2026)
