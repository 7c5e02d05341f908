"""The pictures of the monthly report: each value is in them, none is drawn larger than it is, names are no markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from ari_app.stats.charts import lying, standing

SVG = "{http://www.w3.org/2000/svg}"
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=50
)


@given(st.dictionaries(TEXT, st.integers(0, 10**6), max_size=8), TEXT)
def test_bars_lie_in_proportion_whatever_they_are_called(values: dict[str, int], title: str) -> None:
    root = ElementTree.fromstring(lying(values, title=title))
    widths = [float(rect.attrib["width"]) for rect in root.iter(f"{SVG}rect")]
    assert len(widths) == len(values)
    for width, value in zip(widths, values.values(), strict=True):
        assert abs(width - 440 * value / max([1, *values.values()])) <= 0.1


@given(st.dictionaries(st.integers(0, 23), st.tuples(st.integers(0, 999), st.integers(0, 999)), max_size=24))
def test_bars_stand_within_the_picture(values: dict[int, tuple[int, int]]) -> None:
    root = ElementTree.fromstring(standing(values, title="hours"))
    for rect in root.iter(f"{SVG}rect"):
        assert float(rect.attrib["y"]) >= 15.8
        assert float(rect.attrib["height"]) >= 0
    said = [text.text for text in root.iter(f"{SVG}text")]
    assert all(str(sum(pair)) in said for pair in values.values() if sum(pair))


def test_a_name_is_no_markup() -> None:
    drawn = lying({"<script>": 1}, title='a "b" <c>')
    assert "<script" not in drawn
    assert re.search(r'aria-label="a &quot;b&quot; &lt;c&gt;"', drawn)
