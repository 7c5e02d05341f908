"""Dashboard and alert rules name nothing that the service does not measure, and the page lists all that it does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from ari_app.service.meters import Meters

WATCHING = Path(__file__).parents[3] / "docs/watching"
NAME = re.compile(r"\bdecroche_[a-z_]+")


def measured() -> set[str]:
    """Every name that a query may have: a histogram's parts, a counter's total."""
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    return {f"{family.name}{end}" for family in Meters().registry.collect() for end in ends[family.type]}


def queries(path: Path) -> list[str]:
    """The expressions of a file."""
    if path.suffix == ".json":
        panels = json.loads(path.read_text(encoding="utf-8"))["panels"]
        return [target["expr"] for panel in panels for target in panel["targets"]]
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("name", ["grafana.json", "alerts.yaml"])
def test_every_metric_named_is_measured(name: str) -> None:
    asked = {metric for query in queries(WATCHING / name) for metric in NAME.findall(query)}
    assert len(asked) > 10
    assert asked <= measured()


def test_the_dashboard_shows_all_that_is_measured() -> None:
    shown = " ".join(queries(WATCHING / "grafana.json"))
    assert {family.name for family in Meters().registry.collect() if family.name not in shown} == set()


def test_every_alert_says_what_is_wrong_and_how_bad_it_is() -> None:
    for group in yaml.safe_load((WATCHING / "alerts.yaml").read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"]
            assert rule["labels"]["severity"] in {"page", "warn", "info"}


def test_the_page_names_every_metric() -> None:
    page = (WATCHING / "README.md").read_text(encoding="utf-8")
    assert {family.name for family in Meters().registry.collect() if family.name not in page} == set()
