"""In Chromium: a page of the client's with a strict CSP, on a telephone's width, by the keyboard alone."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from portal.chat import widgets
from portal.chat.house import Chat
from portal.door import Portal
from portal.web.app import make_app
from store import calls
from store.db import Database
from tests.acceptance.portal.conftest import PATIENCE_MS, Visitors, served
from tests.acceptance.portal.test_everybody_can_use_every_page import grave
from tests.actors import OPERATOR
from tests.integration.portal.site import AGENT, NOW, Practice
from tests.scripted_engines import NoMind

expect.set_options(timeout=PATIENCE_MS)
MARKUP = "<img src=x onerror=alert(1)> vous êtes où ?"


@contextmanager
def page_of_the_client(tags: list[str], portal: str) -> Generator[str]:
    """A site of the client's, which lets nothing in but the portal's script and answers."""
    csp = f"default-src 'none'; script-src {portal}; connect-src {portal}; base-uri 'none'"

    async def page(request: Request) -> HTMLResponse:
        html = (
            f'<!doctype html><html lang="fr"><title>Cabinet</title><main><h1>Cabinet</h1></main>{"".join(tags)}</html>'
        )
        return HTMLResponse(html, headers={"content-security-policy": csp})

    with served(Starlette(routes=[Route("/", page)])) as address:
        yield address


def test_a_conversation_by_keyboard_under_a_strict_csp(
    visitor: Visitors, portal: Portal, database: Database, practice: Practice
) -> None:
    chat, tags = Chat(database, portal.settings, now=lambda: NOW, mind=NoMind), list[str]()
    with served(make_app(portal, lambda: NOW, chat=chat)) as ours, page_of_the_client(tags, ours) as theirs:
        with database.operator(practice.tenant.id) as conn:
            tags.append(widgets.tag(widgets.add(conn, practice.tenant.id, AGENT, [theirs], by=OPERATOR, now=NOW), ours))
        page = visitor(theirs, width=360)
        faults = list[str]()
        page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("dialog", lambda box: faults.append(box.message))
        page.goto("/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        log = page.get_by_role("log")
        expect(log).to_contain_text("intelligence artificielle")
        expect(log).to_have_attribute("aria-live", "polite")
        expect(page.get_by_role("dialog")).to_contain_text("Un programme vous répond")
        field = page.get_by_role("textbox", name="Votre message")
        expect(field).to_be_focused()
        page.keyboard.type(MARKUP)
        page.keyboard.press("Enter")
        expect(log).to_contain_text("12 rue du Parc")
        expect(log).to_contain_text(MARKUP)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
        assert page.get_by_role("dialog").evaluate("panel => getComputedStyle(panel).position") == "fixed", "no style"
        page.reload()
        page.get_by_role("button", name="Écrivez-nous").press("Enter")
        expect(log).to_contain_text("12 rue du Parc")
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Écrivez-nous")).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Terminer").press("Enter")
        expect(log).to_contain_text("La conversation est terminée.")
        assert faults == []
        assert page.context.cookies() == []
    chat.close()
    with database.tenant(practice.tenant.id) as conn:
        (kept,) = calls.find(conn, channel="chat")
        assert (kept.hangup_side, kept.agent) == ("caller", AGENT)


def test_axe_finds_nothing_grave_in_the_panel_and_another_site_gets_a_word(
    visitor: Visitors, portal: Portal, database: Database, practice: Practice
) -> None:
    chat, tags = Chat(database, portal.settings, now=lambda: NOW, mind=NoMind), list[str]()
    with served(make_app(portal, lambda: NOW, chat=chat)) as ours, page_of_the_client(tags, ours) as theirs:
        with database.operator(practice.tenant.id) as conn:
            tags.append(widgets.tag(widgets.add(conn, practice.tenant.id, AGENT, [theirs], by=OPERATOR, now=NOW), ours))
        page = visitor(theirs)
        page.goto("/")
        page.get_by_role("button", name="Écrivez-nous").click()
        expect(page.get_by_role("log")).to_contain_text("intelligence artificielle")
        assert grave(page) == []
        page.goto(theirs.replace("127.0.0.1", "localhost"))
        page.get_by_role("button", name="Écrivez-nous").click()
        expect(page.get_by_role("log")).to_contain_text("Le message n'est pas parti")
    chat.close()
