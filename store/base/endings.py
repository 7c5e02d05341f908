"""How a talk on the line ended, and what a call came to: the words that calls, rows, pages and systems share.

`store.calls` takes no other outcome (migration 0805), `docs/operating.md` explains each, the API names them; a test
holds the four together.
"""

from __future__ import annotations

from typing import Literal, get_args

Unserved = Literal["machine", "screening", "fax", "busy", "unavailable"]
"""What a call comes to that something answered which was nobody, or nobody to talk to."""

Ending = Literal[
    "hangup", "transfer", "language", "hung_up", "closed", "silence", "max_duration", "credit", "failed", Unserved
]
"""Why a talk on the line ended. The agent: it hung up, puts through, goes on in another language. The caller: hung up,
silent. The house: the audio is gone, the longest a call may last, the money, an engine that failed. Or nobody is there.
"""

Untaken = Literal["no_agent", "full"]
"""Why no agent talks in a call that came in."""

Outcome = Literal[
    "answered", "diverted",
    "no_answer", "refused", "unallocated", "congestion", "abandoned", "returned", "not_taken",
    Unserved,
    "silence", "max_duration", "credit",
    Untaken, "outbound_blocked", "balance_too_low", "no_price", "not_dialled",
    "failed", "engine_failed", "media_lost", "lost",
    "imported",
]  # fmt: skip
"""What a call came to. `answered` says no more than that somebody was talked to."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

NotYet = Literal[""]
"""Nothing else is known than what the switch says of the call."""


def outcome_of(ending: Ending, *, gone: bool) -> Outcome | NotYet:
    """What a call came to whose talk ended so. `gone`: the caller was, when the audio went."""
    match ending:
        case "hangup" | "hung_up" | "transfer" | "language":
            return ""
        case "closed":
            return "" if gone else "media_lost"
        case _:
            return ending


def refused_by(code: str) -> Outcome:
    """What a call came to that a rule ended: the refusal's own code, where it is one that calls know."""
    return code if code in OUTCOMES else "failed"
