"""What the portal forgets when compliance asks: sessions, links and failures of long ago; what was sent to systems."""

from __future__ import annotations

from store.forget import Sweep


def web_sessions(at: Sweep) -> int:
    """Who was signed in, from where and when; one-use links; failed sign-ins."""
    done = at.rows("DELETE FROM portal.sessions", "portal.sessions", "expires_at < %(before)s")
    done += at.rows("DELETE FROM portal.links", "portal.links", "expires_at < %(before)s")
    return done + at.rows("DELETE FROM portal.throttles", "portal.throttles", "last_at < %(before)s")


def deliveries(at: Sweep) -> int:
    """What was sent to clients' systems, and what the API answered to an `Idempotency-Key`."""
    done = at.rows("DELETE FROM links.deliveries", "links.deliveries", "made_at < %(before)s")
    return done + at.rows("DELETE FROM portal.answers", "portal.answers", "at < %(before)s")
