"""The sites on loopback over a real database, and Chromium to visit them."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette

from portal.door import Portal
from portal.web.app import make_app
from portal.web.operator.site import make_operator_app
from portal.web.visit import SESSION
from store.base.settings import Settings
from store.db import Database
from store.setup import portal_login
from tests.conftest import Postgres
from tests.integration.portal.site import NOW, People, Practice, furnish

PATIENCE_MS = 60_000
"""How long a page may take on a machine that does other things too."""


class _Told(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


@contextmanager
def served(app: Starlette) -> Generator[str]:
    """Its address while the body runs."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        server = _Told(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=lambda: server.run([opened]))
        thread.start()
        assert server.up.wait(60)
        yield f"http://127.0.0.1:{opened.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def portal(postgres: Postgres, database: Database, new_folder: Path) -> Generator[Portal]:
    made = Portal(portal_login(postgres.settings, postgres.admin), Settings(home=new_folder))
    made.sense = lambda: None  # agents are tried by their rules: no model is opened in tests
    yield made
    made.close()


@pytest.fixture
def people(database: Database, portal: Portal) -> People:
    return People(database, portal)


@pytest.fixture
def practice(database: Database, new_folder: Path) -> Practice:
    return furnish(database, new_folder, "dentiste", "Cabinet Molaire")


@pytest.fixture
def site(portal: Portal) -> Generator[str]:
    """The clients' site."""
    with served(make_app(portal, lambda: NOW)) as address:
        yield address


@pytest.fixture
def operators(portal: Portal, database: Database) -> Generator[str]:
    """The operator's."""
    with served(make_operator_app(portal, database, lambda: NOW)) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Generator[Browser]:
    """Debian's Chromium.

    Closed with its module: while Playwright is open its event loop counts as running in the main thread, and
    whatever test starts one of its own meanwhile fails.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


Visitors = Callable[..., Page]


@pytest.fixture
def visitor(chromium: Browser) -> Generator[Visitors]:
    """Makes a visitor of a site, with cookies of their own; `token`: of a session that goes on."""
    opened: list[Page] = []

    def made(address: str, token: str = "", width: int = 1200) -> Page:
        context = chromium.new_context(
            base_url=address, locale="fr-FR", viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        if token:
            cookie = {"name": SESSION, "value": token, "url": address.replace("http:", "https:"), "secure": True}
            context.add_cookies([cookie])  # pyright: ignore[reportArgumentType]
        opened.append(context.new_page())
        return opened[-1]

    yield made
    for page in opened:
        page.context.close()
