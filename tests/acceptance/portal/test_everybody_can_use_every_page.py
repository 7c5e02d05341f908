"""Every page in Chromium, wide and on a telephone: axe finds nothing grave, and nothing hangs out of the screen."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import axe_playwright_python  # pyright: ignore[reportMissingTypeStubs]
import pytest
from playwright.sync_api import Page

from billing.charges import controls
from portal.support import desk_pages, maintenance
from portal.web.app import PAGES
from portal.web.operator import pages as operator_pages
from portal.web.routes import DOOR
from store.db import Database
from tests.acceptance.portal.conftest import Visitors
from tests.actors import OPERATOR
from tests.integration.portal.conftest import later
from tests.integration.portal.site import CLAIRE, NOW, People, Practice
from tests.integration.portal.test_pages_are_each_clients_own import addressed
from tests.integration.portal.test_the_operators_own_site import ANNE, of_the_operator

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
DOORS = ("/connexion", "/mot-de-passe-oublie")
RAW = (".csv", "/audio", "/pdf", "/xml", "/preuve", "/transcription", "/conditions")
"""How addresses end that are files and no pages."""


def grave(page: Page) -> list[str]:
    """What axe finds serious or critical: rule, and where."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(found => found.violations)")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in ("serious", "critical")
    ]


def held(page: Page, path: str, width: int) -> list[str]:
    """What is wrong with a page."""
    page.goto(path)
    wide = page.evaluate("document.scrollingElement.scrollWidth")
    out = [f"{wide} px wide"] if wide > width else []
    return [f"{path}: {fault}" for fault in [*out, *grave(page)]]


@pytest.mark.parametrize("width", [1200, 360])
def test_the_clients_pages(
    visitor: Visitors, site: str, people: People, practice: Practice, database: Database, width: int
) -> None:
    with database.operator() as conn:
        maintenance.add(conn, later(days=2), later(days=2, hours=1), "Mise à jour", by=OPERATOR, now=NOW)
    token = people.signed_in(CLAIRE, practice.tenant, "titulaire")
    page, nobody = visitor(site, token, width), visitor(site, "", width)
    mine = people.id_of(CLAIRE)
    paths = [addressed(one.path, practice, mine) for one in PAGES if one.method == "GET" and one.right != DOOR]
    faults = [fault for path in DOORS for fault in held(nobody, path, width)]
    faults += [fault for path in paths if not path.endswith(RAW) for fault in held(page, path, width)]
    assert "/connexion" not in page.url
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("width", [1200, 360])
def test_the_operators_pages(
    visitor: Visitors, operators: str, people: People, practice: Practice, database: Database, width: int
) -> None:
    with database.operator() as conn:
        controls.block(conn, practice.tenant.id, "fraud", "500 appels en une heure", by=OPERATOR)
        maintenance.add(conn, later(days=2), later(days=2, hours=1), "Mise à jour", by=OPERATOR, now=NOW)
    page = visitor(operators, of_the_operator(people, ANNE, "admin"), width)
    listed = [*operator_pages.pages.listed, *desk_pages.pages.listed]
    named = {"{slug}": "dentiste", "{ticket}": practice.ids["ticket"]}
    reads = [one.path for one in listed if one.method == "GET"]
    paths = [reduce(lambda path, of: path.replace(*of), named.items(), path) for path in reads]
    faults = [fault for path in [*paths, "/chercher?q=0612345678"] for fault in held(page, path, width)]
    assert not faults, "\n".join(faults)
