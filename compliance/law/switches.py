"""Questions the law leaves open, answered by the tenant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switches:
    """Questions the law leaves open, answered by the tenant. The defaults are the table's answers."""

    local_holidays: bool = True
    """W2b: no call on local holidays (Alsace-Moselle, abolition of slavery overseas)."""
    ai_is_automate: bool = False
    """C15: an AI agent is an automated calling system: businesses must have consented too."""
    npv_exception: bool = False
    """N3: at most five numbers shown in 30 days, or calls made at most 20 % of calls received."""
    npv_new_overseas: bool = False
    """N6: the newer overseas ranges count as polyvalent numbers."""


DEFAULT = Switches()
