"""An interruption that gives `scripts/bench latency` no figure is counted with its reason."""

from __future__ import annotations

import pytest

from ari_app.softphone.measure import Span
from ari_app.softphone.report import CallReport, UtteranceReport
from tests.bench.latency import why_no_figure


def a_call(*agent: Span, cut: tuple[float, float] | None, went_on: float | None = None) -> CallReport:
    """A call in which the agent spoke in these spans and the caller cut in from … to …."""
    report = CallReport("+33162001234", answered_ms=50, agent_voice=list(agent))
    begin, end = cut or (None, None)
    report.utterances = [UtteranceReport("excusez-moi", "barge_in", "", begin, end, None, went_on)]
    return report


def test_an_agent_cut_short_gives_a_figure() -> None:
    assert why_no_figure(a_call(Span(60, 1410), cut=(1300, 4200), went_on=110)) is None


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (a_call(Span(60, 1160), cut=(1300, 4200)), "in_a_pause"),
        (a_call(Span(60, 1160), cut=(5300, 8200)), "already_silent"),
        (a_call(cut=(5300, 8200)), "already_silent"),
        (a_call(Span(60, 9000), cut=(1300, 4200), went_on=7700), "not_stopped"),
        (a_call(Span(60, 1160), cut=None), "never_said"),
        (CallReport("+33162001234"), "not_answered"),
    ],
)
def test_one_without_a_figure_has_a_reason(call: CallReport, reason: str) -> None:
    assert why_no_figure(call) == reason
