"""Which bytes a `Range` means (RFC 9110, 14.1.2)."""

from __future__ import annotations

import pytest

from portal.sounds import part_of


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        (None, (0, 100)), ("", (0, 100)), ("bytes=0-", (0, 100)), ("bytes=0-3", (0, 4)), ("bytes=90-", (90, 100)),
        ("bytes=90-500", (90, 100)), ("bytes=-10", (90, 100)), ("bytes=-500", (0, 100)), ("bytes=99-99", (99, 100)),
        ("bytes=100-", None), ("bytes=5-4", None), ("bytes=-0", None),
        ("bytes=0-1,5-6", (0, 100)), ("items=0-1", (0, 100)), ("bytes=-", (0, 100)),
    ],
)  # fmt: skip
def test_the_part_that_is_meant(asked: str | None, part: tuple[int, int] | None) -> None:
    assert part_of(100, asked) == part
