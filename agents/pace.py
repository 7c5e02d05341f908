"""Whether the model phrases an answer in time on this machine: learnt from call to call. Pure."""

from __future__ import annotations

from dataclasses import dataclass

SPARED = 50
"""After a phrase that came too late, so many answers are said as they are written before the model is tried again."""


@dataclass(slots=True)
class Pace:
    """One per process. Where the model is too slow no caller waits for it; where it is quick again, it is used."""

    _spared: int = 0

    @property
    def spared(self) -> bool:
        """Answers are said as they are written for now."""
        return self._spared > 0

    def asked(self) -> bool:
        """Whether the model is asked for this answer's words."""
        if self._spared:
            self._spared -= 1
            return False
        return True

    def late(self) -> None:
        """Its first clause was not there in time."""
        self._spared = SPARED
