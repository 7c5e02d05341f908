"""What goes wrong when listening."""

from __future__ import annotations

from store.base.errors import BadInput, Unavailable


class AsrError(Unavailable):
    """The ear failed."""

    code = "asr_failed"


class BadAudio(BadInput):
    """The audio cannot be used."""

    code = "bad_audio"
