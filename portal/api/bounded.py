"""What a system sends is small: a longer body is answered 413 before anybody reads it."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.api.problems import answer

MOST = 64 * 1024
"""Bytes of a request's body."""


class Bounded:
    """Around an application: the body is taken whole, up to MOST bytes, before it is handed on."""

    def __init__(self, app: ASGIApp) -> None:
        """Around `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            if len(body) > MOST:
                await answer(413, f"more than {MOST} bytes", "too_long")(scope, receive, send)
                return
            if not message.get("more_body", False):
                break
        told = False

        async def again() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self.app(scope, again, send)
