"""Writes extensions.conf: the contexts a call goes through, from the data in `numbers.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dialplan.numbers import ALLOWED, OVERSEAS_CODES
from dialplan.ways import FAILOVER, PASSED, Way, ranks
from store.base.errors import BadInput
from store.base.numbering import REWRITES, SPECIAL

HERE = Path(__file__).parent
SOUNDS = HERE / "sounds"
"""The recorded messages: `fr/` and `en/`, each unavailable, unassigned, emergency, blocked."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A phone of ours: its endpoint's name and the E.164 number it is reached at."""

    name: str
    number: str


UNACKNOWLEDGED = 7
"""Seconds after which Asterisk has ended a call whose answer nobody acknowledged: more than timer_b of pjsip.conf."""

LONGEST_BRIEFING = 120
"""Seconds after which whoever is asked to take a call is hung up on by Asterisk itself."""

CALLS_OF_A_PHONE = 2
"""Calls by the trunk that one phone has at once: one, and another while it is held."""


def extensions(
    *,
    app: str,
    sounds: Path = SOUNDS,
    phones: Sequence[Extension] = (),
    ways: Sequence[Way] = (),
    allow: Sequence[str] = (),
    ring_seconds: int = 30,
    longest_call: int = 960,
    longest_leg: int = 7200,
    signing: bool = False,
    proxied: bool = False,
    elsewhere: bool = False,
    demo: bool = False,
) -> str:
    """The text of extensions.conf.

    `ways`: the trunks calls leave by. `allow`: prefixes (`+44`) phones and agents may dial beyond France.
    `longest_call`: seconds after which Asterisk itself ends a call, should the application have died with it.
    `longest_leg`: seconds that a caller may talk with whom they were put through to, or who answers in an agent's
    place. `signing`: calls that leave are signed, but for those that somebody else has placed. `proxied`: Kamailio
    stands before us, and says when nobody else can take a call. `elsewhere`: a trunk's call is refused with 503 while
    the application is away: another node takes it. Raises BadInput.
    """
    for prefix in allow:
        if not (prefix.startswith("+") and prefix[1:].isdigit()):
            raise BadInput(f"prefix {prefix!r} is not of the form +44", hint="see asterisk.allow_prefixes")
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701  the output is no HTML
        keep_trailing_newline=True,
    )
    return environment.get_template("extensions.conf.j2").render(
        app=app,
        sounds=sounds,
        phones=phones,
        ways=ways,
        ranks=ranks(ways),
        failover=FAILOVER,
        overseas=OVERSEAS_CODES,
        special=SPECIAL,
        rewrites=REWRITES,
        allowed=[*ALLOWED, *(f"{prefix}X." for prefix in allow)],
        ring_seconds=ring_seconds,
        longest_call=longest_call,
        longest_leg=longest_leg,
        longest_briefing=LONGEST_BRIEFING,
        unacknowledged=UNACKNOWLEDGED,
        calls_of_a_phone=CALLS_OF_A_PHONE,
        sender=PASSED if signing else "",
        proxied=proxied,
        elsewhere=elsewhere,
        demo=demo,
    )
