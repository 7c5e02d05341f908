"""What every call of this process is given: the link, the engines, the office, the settings."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp

from ari_app.link import Link
from ari_app.office import Office
from ari_app.parts import Parts
from ari_app.till import Till
from store.base.settings import Settings


@dataclass(slots=True)
class House:
    """Shared by all calls; nothing in it belongs to one."""

    settings: Settings
    link: Link
    http: aiohttp.ClientSession
    parts: Parts
    office: Office
    till: Till
    ari_user: str
    ari_password: str
