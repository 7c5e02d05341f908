"""What the Dockerfile promises, read from it; what it does is run in tests/integration/setup."""

from __future__ import annotations

import os

from tests.integration.setup.dockerfile import ROOT, ignored, read


def test_the_service_runs_as_an_ordinary_user() -> None:
    image = read()
    assert image.user == "decroche"
    assert [word for word, _ in image.steps].index("USER") > [word for word, _ in image.steps].index("RUN")


def test_the_image_is_debian_sid_with_debians_asterisk() -> None:
    image = read()
    assert image.base.startswith("debian:sid")
    assert image.environment["DECROCHE_ASTERISK__BINARY"] == "/usr/sbin/asterisk"


def test_the_image_is_installed_by_setup_itself() -> None:
    assert any("scripts/setup --image" in line for line in read().runs())


def test_its_health_is_what_status_says() -> None:
    assert read().health == ("decroche", "status")


def test_it_runs_a_script_of_ours() -> None:
    assert os.access(ROOT / read().command[0], os.X_OK)


def test_neither_history_nor_environment_nor_tests_are_copied_into_it() -> None:
    assert {".git", ".venv", "tests"} <= ignored()
    assert not {"README.md", "LICENSE", "pyproject.toml", "scripts"} & ignored()
