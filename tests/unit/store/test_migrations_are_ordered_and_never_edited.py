"""What is to be applied, from the files and what the database has: a pure question."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.migrate import Migration, MigrationFailed, load, pending

A, B = Migration("0101_a", "SELECT 1"), Migration("0102_b", "SELECT 2")
BILLING = Migration("0201_money", "SELECT 3")


def has(*migrations: Migration) -> dict[str, str]:
    return {m.name: m.sha256 for m in migrations}


def test_everything_is_pending_in_order_in_an_empty_database() -> None:
    assert pending([A, B, BILLING], {}) == [A, B, BILLING]


def test_what_is_applied_is_not_applied_again() -> None:
    assert pending([A, B], has(A, B)) == []


def test_a_range_grows_though_a_later_range_is_applied() -> None:
    assert pending([A, B, BILLING], has(A, BILLING)) == [B]


def test_a_number_before_an_applied_one_of_its_range_is_refused() -> None:
    with pytest.raises(MigrationFailed, match="0101_a comes before 0102_b"):
        pending([A, B], has(B))


def test_an_applied_file_that_was_edited_is_refused() -> None:
    with pytest.raises(MigrationFailed, match="0101_a was changed"):
        pending([Migration("0101_a", "SELECT 1; -- better"), B], has(A))


def test_a_database_newer_than_the_program_is_refused() -> None:
    with pytest.raises(MigrationFailed, match="this program has not"):
        pending([A], has(A, B))


def test_a_number_used_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0101_a.sql").write_text("")
    (tmp_path / "0101_b.sql").write_text("")
    with pytest.raises(MigrationFailed, match="0101 is taken by 0101_a"):
        load(tmp_path)


def test_a_file_with_a_bad_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1_First.sql").write_text("")
    with pytest.raises(MigrationFailed, match="1_First"):
        load(tmp_path)


def test_the_files_that_ship_can_all_be_loaded() -> None:
    assert [m.name for m in load()][:1] == ["0100_foundation"]
