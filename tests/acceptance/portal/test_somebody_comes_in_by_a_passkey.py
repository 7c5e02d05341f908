"""A passkey in Chromium, in its virtual authenticator: made, shown instead of a password, as a proof, taken away."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.door import Portal
from portal.web.app import make_app
from store import audit
from store.db import Database
from tests.acceptance.portal.conftest import PATIENCE_MS, Visitors, served
from tests.acceptance.portal.test_everybody_can_use_every_page import grave
from tests.acceptance.portal.test_somebody_of_each_role_does_their_work import come_in
from tests.integration.portal.conftest import later
from tests.integration.portal.site import NOW, People, Practice

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Watch:
    """What the site takes for now."""

    at: datetime = NOW


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def named_site(portal: Portal, watch: Watch) -> Generator[str]:
    """The clients' site under a name, as browsers want it for passkeys; its settings say which."""
    app = make_app(portal, lambda: watch.at, url="http://localhost")
    with served(app) as address:
        port = address.rpartition(":")[2]
        app.state.site = make_app(portal, url=f"http://localhost:{port}").state.site
        yield f"http://localhost:{port}"


class Device:
    """A device in the browser that verifies its user, who is there."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._ask("enable")
        how = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
        self._name = self._ask("addVirtualAuthenticator", options=how)["authenticatorId"]

    def verifies(self, its_user: bool) -> None:
        """Whether the finger is its user's from now on."""
        self._ask("setUserVerified", authenticatorId=self._name, isUserVerified=its_user)

    def _ask(self, what: str, **how: object) -> dict[str, Any]:
        return self._session.send(f"WebAuthn.{what}", how)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def test_a_holder_makes_a_passkey_and_comes_in_by_it(
    visitor: Visitors, named_site: str, people: People, practice: Practice, database: Database, watch: Watch
) -> None:
    page = visitor(named_site)
    refusals: list[str] = []
    page.on("console", lambda said: refusals.append(said.text) if "Content Security Policy" in said.text else None)
    device = Device(page)
    password = come_in(page, people, practice, "titulaire")
    page.get_by_role("link", name="titulaire@cabinet.fr").click()
    page.get_by_role("link", name="Ajouter une clé d'accès").click()
    assert grave(page) == []
    page.get_by_label("Nom de la clé").fill("Ordinateur")
    page.get_by_role("button", name="Créer la clé d'accès").click()
    expect(page.get_by_role("heading", name="codes de secours")).to_be_visible()
    page.goto("/compte")
    expect(page.get_by_role("cell", name="Ordinateur", exact=True)).to_be_visible()
    page.get_by_role("button", name="Quitter").click()

    # without a password
    page.get_by_role("button", name="Se connecter avec une clé d'accès").click()
    expect(page.get_by_role("link", name="titulaire@cabinet.fr")).to_be_visible()

    # a proof, eleven minutes later: a finger that is not theirs, then theirs
    watch.at = later(minutes=11)
    device.verifies(False)
    page.goto("/compte/cles/nouvelle")
    page.get_by_role("button", name="Montrer ma clé d'accès").click()
    expect(page.get_by_role("alert")).to_contain_text("Le navigateur n'a donné aucune clé")
    device.verifies(True)
    page.get_by_role("button", name="Montrer ma clé d'accès").click()
    expect(page.get_by_role("heading", name="Nouvelle clé d'accès")).to_be_visible()

    # one device holds one passkey of a person
    page.get_by_label("Nom de la clé").fill("La même")
    page.get_by_role("button", name="Créer la clé d'accès").click()
    expect(page.get_by_role("alert")).to_be_visible()

    # after a password, it is the second step
    page.goto("/compte")
    page.get_by_role("button", name="Quitter").click()
    page.get_by_label("Adresse électronique").fill("titulaire@cabinet.fr")
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    assert grave(page) == []
    page.get_by_role("button", name="Montrer ma clé d'accès").click()
    expect(page.get_by_role("link", name="titulaire@cabinet.fr")).to_be_visible()

    page.get_by_role("link", name="titulaire@cabinet.fr").click()
    page.get_by_role("button", name="Retirer Ordinateur").click()
    expect(page.get_by_role("status")).to_contain_text("La clé d'accès est retirée")
    assert refusals == []
    with database.operator() as conn:
        acts = [entry.action for entry in audit.find(conn) if entry.who == "person:titulaire@cabinet.fr"]
    assert acts[:3] == ["person.passkey_remove", "session.begin", "session.end"]
    assert acts.count("person.passkey_add") == 1
