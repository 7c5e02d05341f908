"""What each step of a scenario gets wrong by itself: its verbs, what it does, the slots it fills."""

from __future__ import annotations

from agents.definition import Agent
from agents.problems import Bad, Path_, near
from agents.steps import Step
from store.base.outward import OutwardRefused, shaped

LEAST_MINUTES, MOST_MINUTES = 5, 480
"""Of an appointment."""


class Steps:
    """Every step alone; `bad` is told each problem."""

    def __init__(self, agent: Agent, bad: Bad) -> None:
        self.agent, self.bad = agent, bad

    def check(self) -> None:
        """Each step alone."""
        for i, step in enumerate(self.agent.scenario.steps):
            path: Path_ = ("scenario", "steps", i)
            if step.id.startswith("_"):
                self.bad((*path, "id"), f"'{step.id}' begins with _, which is the house's", "choose another id")
            verbs = [v for v in ("ask", "confirm", "propose", "do", "end") if getattr(step, v)]
            if len(verbs) > 1:
                self.bad(path, f"step '{step.id}' does two things: {' and '.join(verbs)}", "make it two steps")
            if step.do == "webhook":
                self._address((*path, "args", "url"), step.args.get("url", ""))
            if step.do and step.do not in (*self.agent.tools, "opt_out", "record", "hangup", "wrong_person"):
                self.bad(
                    (*path, "do"),
                    f"'{step.do}' is not among the agent's tools",
                    f"add it to 'tools:', or {near(step.do, self.agent.tools)}",
                )
            self._recording(path, step)
            self._minutes(path, step)
            self._slots_of(path, step)

    def _address(self, path: Path_, url: str) -> None:
        """A client's address, as far as it can be told before any call."""
        try:
            shaped(url)
        except OutwardRefused as error:
            self.bad(path, str(error), error.hint)

    def _recording(self, path: Path_, step: Step) -> None:
        """A scenario stops a recording; it begins one only where the policy has the caller asked."""
        starts = step.do == "record" and step.args.get("allowed") != "false"
        if starts and self.agent.recording.policy != "consent_asked":
            what = f"step '{step.id}' begins a recording that nobody was asked about (C. pénal 226-1, RGPD 13)"
            self.bad((*path, "do"), what, "set recording: {policy: consent_asked, say: …}, and leave the step out")

    def _minutes(self, path: Path_, step: Step) -> None:
        """How long an appointment is, where the file says so itself."""
        given = step.args.get("minutes", "")
        known = step.do == "book" and given and "{" not in given
        if known and not (given.isdecimal() and LEAST_MINUTES <= int(given) <= MOST_MINUTES):
            what = f"'{given}' is no length of an appointment: {LEAST_MINUTES} to {MOST_MINUTES} minutes"
            self.bad((*path, "args", "minutes"), what, 'for instance minutes: "30"')

    def _slots_of(self, path: Path_, step: Step) -> None:
        slots = self.agent.scenario.slots
        for key, names in (("fill", step.fill), ("forget", step.forget)):
            for name in names:
                if name not in slots:
                    self.bad((*path, key), f"no slot '{name}'", near(name, slots))
        if step.ask and not step.fill:
            self.bad(path, f"step '{step.id}' asks, but fills no slot with the answer", "add 'fill:'")
        if step.fill and not step.ask:
            self.bad(path, f"step '{step.id}' fills slots without asking", "add 'ask:'")
        if step.answers and step.fill and step.fill[-1] in slots:
            self._answers(path, step)

    def _answers(self, path: Path_, step: Step) -> None:
        slot = self.agent.scenario.slots[step.fill[-1]]
        allowed = {"yes_no": ["yes", "no"], "choice": list(slot.choices)}.get(slot.type, [])
        for answer in step.answers:
            if answer not in allowed:
                self.bad(
                    (*path, "answers", answer), f"'{answer}' is no answer to '{step.fill[-1]}'", near(answer, allowed)
                )
        unled = [a for a in allowed if a not in step.answers]
        if unled and not step.next:
            self.bad(
                (*path, "answers"),
                f"step '{step.id}' leads nowhere on: {', '.join(unled)}",
                "add the answer, or 'next:'",
            )
