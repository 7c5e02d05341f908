"""Turn-taking: who has the floor. A pure core: voice-activity windows and verdicts in, decisions out.

Time is milliseconds on the caller's own audio stream and comes in with each event. The session feeds the
events and carries out the decisions; nothing here waits, reads a clock or touches audio.

    caller quiet ──voice──> SPEAKING ──pause──> WEIGHING ──turn is over──> GRANTED ──agent heard──> quiet
                               ^                   │  (Speculate: transcribe,      │
                               └──── voice again ──┘   judge and think ahead)      │
                               └──── voice again (Withdraw) ───────────────────────┘

While the agent talks, voice first *holds* it (Hold: playout paused), and only then is judged: a cough or a
"mm-hm" gives the floor back (Resume), words take it (Yield). Interruption therefore costs the caller about
`onset_ms`, and a noise never silences the agent for good.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

WINDOW_MS = 32
"""Length of one voice-activity window (512 samples at 16 kHz, Silero's own)."""


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """Thresholds; times in milliseconds, probabilities 0–1."""

    voice: float = 0.45
    """A window at least this probable is voice …"""
    quiet: float = 0.3
    """… and one below this is not; between the two, the last answer stands."""
    voice_over_agent: float = 0.5
    """The same while the agent talks: echo of its own voice must not hold it."""
    onset_ms: int = 96
    """Voice this long is somebody speaking."""
    preroll_ms: int = 256
    """Audio kept from before the onset: the first consonant."""
    noise_ms: int = 128
    """While the agent is held, less voice than this is a click or a cough."""
    doubt_ms: int = 416
    """… given back only after this much silence: "ex—cusez-moi" is no cough."""
    words_ms: int = 384
    """While the agent is held, this much voice takes the floor without waiting for a transcript."""
    speculate_ms: int = 192
    """Silence after which transcription and thinking start ahead of the verdict."""
    settle_ms: int = 480
    """Least silence before the agent may answer a turn judged complete: people pause 0.4 s at a comma."""
    patience_ms: int = 1200
    """Most silence waited for a turn judged incomplete."""
    complete: float = 0.5
    """The end-of-turn model's probability above which the turn is complete."""
    longest_ms: int = 28_000
    """An utterance is cut here: the ear hears 30 s at most."""
    silence_every_ms: int = 8_000
    """How often a wholly silent line is reported."""


@dataclass(frozen=True, slots=True)
class Speculate:
    """Transcribe and judge the caller's audio from `start_ms` to `end_ms`, and begin to think."""

    version: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The caller went on: throw away what was prepared for `version`."""

    version: int


@dataclass(frozen=True, slots=True)
class Grant:
    """The turn is over: the reply prepared for `version` may be heard."""

    version: int
    last_voiced_ms: int


@dataclass(frozen=True, slots=True)
class Dismiss:
    """What was taken for a turn was noise: forget `version`."""

    version: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Voice over the agent: pause its playout until we know what it is."""


@dataclass(frozen=True, slots=True)
class Resume:
    """It was not an interruption: play on."""


@dataclass(frozen=True, slots=True)
class Yield:
    """It is an interruption: the agent gives the floor up, its unheard words are dropped."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody has said anything for `ms`."""

    ms: int


Decision = Speculate | Withdraw | Grant | Dismiss | Hold | Resume | Yield | Silence


class CallerFloor(Enum):
    """What the caller is doing."""

    QUIET = auto()
    SPEAKING = auto()
    WEIGHING = auto()
    GRANTED = auto()


class AgentFloor(Enum):
    """What the agent is doing."""

    SILENT = auto()
    TALKING = auto()
    HELD = auto()


_BACKCHANNEL = re.compile(
    r"(?:(?:m+[ -]?h?m+|hm+|h[ue]m+|euh|ah?|oh|oui|ouais|ok(?:ay)?|d'accord|voil[aà]|très bien|bien|merci|"
    r"yes|yeah|yep|uh[- ]?huh|right|sure|i see|all right|alright|thanks?)[\s,.!…]*){1,3}",
    re.IGNORECASE,
)


def is_backchannel(text: str) -> bool:
    """ "Mm-hm", "oui", "OK": said while listening, not to take the floor (French and English)."""
    return _BACKCHANNEL.fullmatch(text.strip()) is not None


class TurnTaker:
    """The floor of one call."""

    def __init__(self, rules: TurnSettings | None = None) -> None:
        self.rules = rules or TurnSettings()
        self.caller = CallerFloor.QUIET
        self.agent = AgentFloor.SILENT
        self.version = 0
        self._voiced = False
        self._run_ms = 0  # voice in a row (quiet windows take it down again)
        self._start_ms = 0
        self._voice_ms = 0  # voice within this utterance
        self._last_voiced_ms = 0
        self._floor_ms = 0  # when somebody was last heard
        self._reported_ms = 0
        self._text: str | None = None
        self._patience_ms = 0
        self._complete: float | None = None

    # -- events ------------------------------------------------------------------------------------------

    def hear(self, at_ms: int, probability: float) -> list[Decision]:
        """One voice-activity window which ends at `at_ms`."""
        voiced = self._is_voice(probability)
        self._run_ms = self._run_ms + WINDOW_MS if voiced else max(0, self._run_ms - 2 * WINDOW_MS)
        if voiced:
            self._last_voiced_ms = at_ms
        match self.caller:
            case CallerFloor.QUIET:
                return self._quiet(at_ms)
            case CallerFloor.SPEAKING:
                return self._speaking(at_ms, voiced)
            case CallerFloor.WEIGHING:
                return self._weighing(at_ms)
            case CallerFloor.GRANTED:
                return self._granted()

    def transcribed(self, version: int, text: str, at_ms: int, patience_ms: int = 0) -> list[Decision]:
        """The ear's answer to Speculate(version). `patience_ms`: least silence before a turn of these words is over."""
        if version != self.version or self.caller is not CallerFloor.WEIGHING:
            return []
        self._text, self._patience_ms = text.strip(), patience_ms
        return self._weigh(at_ms)

    def judged(self, version: int, probability: float, at_ms: int) -> list[Decision]:
        """The end-of-turn model's answer to Speculate(version)."""
        if version != self.version or self.caller is not CallerFloor.WEIGHING:
            return []
        self._complete = probability
        return self._weigh(at_ms)

    def agent_started(self, at_ms: int) -> None:
        """The agent's voice is on the line: whatever the caller had been granted is used up."""
        self.agent = AgentFloor.TALKING
        self._floor_ms = at_ms
        if self.caller is CallerFloor.GRANTED:
            self._rest()

    def agent_stopped(self, at_ms: int) -> None:
        """The agent's last word was played, or dropped."""
        self.agent = AgentFloor.SILENT
        self._floor_ms = self._reported_ms = at_ms

    # -- the caller's states -----------------------------------------------------------------------------

    def _quiet(self, at_ms: int) -> list[Decision]:
        if self._run_ms < self.rules.onset_ms:
            return self._report_silence(at_ms)
        self.caller = CallerFloor.SPEAKING
        self._start_ms = max(0, at_ms - self._run_ms - self.rules.preroll_ms)
        self._voice_ms = self._run_ms
        if self.agent is AgentFloor.TALKING:
            self.agent = AgentFloor.HELD
            return [Hold()]
        return []

    def _speaking(self, at_ms: int, voiced: bool) -> list[Decision]:
        rules = self.rules
        decisions: list[Decision] = []
        if voiced:
            self._voice_ms += WINDOW_MS
        if self.agent is AgentFloor.HELD and self._voice_ms >= rules.words_ms:
            self.agent = AgentFloor.SILENT
            decisions.append(Yield())
        silence = at_ms - self._last_voiced_ms
        too_long = at_ms - self._start_ms >= rules.longest_ms
        if silence < rules.speculate_ms and not too_long:
            return decisions
        if self.agent is AgentFloor.HELD and self._voice_ms < rules.noise_ms:
            return [*decisions, *(self._give_back(at_ms) if silence >= rules.doubt_ms else [])]
        self.caller = CallerFloor.WEIGHING
        self._run_ms = 0
        self.version += 1
        self._text = self._complete = None
        return [*decisions, Speculate(self.version, self._start_ms, at_ms)]

    def _weighing(self, at_ms: int) -> list[Decision]:
        if self._run_ms >= 2 * WINDOW_MS and not self._overlong(at_ms):
            self.caller = CallerFloor.SPEAKING
            self._voice_ms += self._run_ms
            return [Withdraw(self.version)]
        return self._weigh(at_ms)

    def _granted(self) -> list[Decision]:
        if self._run_ms < self.rules.onset_ms:
            return []
        # The caller goes on before the agent was heard: one utterance still, from its first word.
        self.caller = CallerFloor.SPEAKING
        self._voice_ms += self._run_ms
        return [Withdraw(self.version)]

    # -- verdicts ----------------------------------------------------------------------------------------

    def _weigh(self, at_ms: int) -> list[Decision]:
        if self._text is None:
            return []
        if not self._text:
            version = self.version
            return [Dismiss(version), *self._give_back(at_ms)]
        if self.agent is AgentFloor.HELD:
            if is_backchannel(self._text):
                version = self.version
                return [Dismiss(version), *self._give_back(at_ms)]
            self.agent = AgentFloor.SILENT
            return [Yield(), *self._grant(at_ms)]
        return self._grant(at_ms)

    def _grant(self, at_ms: int) -> list[Decision]:
        rules = self.rules
        silence = at_ms - self._last_voiced_ms
        sure = self._complete is not None and self._complete >= rules.complete
        wait = max(rules.settle_ms if sure else rules.patience_ms, self._patience_ms)
        if silence < wait and not self._overlong(at_ms):
            return []
        self.caller = CallerFloor.GRANTED
        self._run_ms = 0
        self._floor_ms = self._reported_ms = at_ms
        return [Grant(self.version, self._last_voiced_ms)]

    def _give_back(self, at_ms: int) -> list[Decision]:
        self._rest()
        self._floor_ms = self._reported_ms = at_ms
        if self.agent is AgentFloor.HELD:
            self.agent = AgentFloor.TALKING
            return [Resume()]
        return []

    def _rest(self) -> None:
        self.caller = CallerFloor.QUIET
        self._run_ms = self._voice_ms = 0

    # -- small things ------------------------------------------------------------------------------------

    def _is_voice(self, probability: float) -> bool:
        rules = self.rules
        over_agent = self.agent is AgentFloor.TALKING and self.caller is CallerFloor.QUIET
        if probability >= (rules.voice_over_agent if over_agent else rules.voice):
            self._voiced = True
        elif probability < rules.quiet or over_agent:
            self._voiced = False
        return self._voiced

    def _overlong(self, at_ms: int) -> bool:
        return at_ms - self._start_ms >= self.rules.longest_ms

    def _report_silence(self, at_ms: int) -> list[Decision]:
        if self.agent is not AgentFloor.SILENT or at_ms - self._reported_ms < self.rules.silence_every_ms:
            return []
        self._reported_ms = at_ms
        return [Silence(at_ms - self._floor_ms)]
