"""A person is talked to; a machine gets the message or nothing, after its beep; an assistant hears who calls, why."""

from __future__ import annotations

from ari_app.call.handling import (
    BEEP_WAITED_MS,
    NO_BEEP_MS,
    PERSON_WAITED_MS,
    Greet,
    Handling,
    HangUp,
    Hush,
    Introduce,
    Leave,
    Step,
)
from ari_app.call.tones import Tone

MACHINE = "Vous êtes bien sur la messagerie de Claire, laissez un message après le bip."
ASSISTANT = "Merci d'indiquer votre nom et la raison de votre appel."


class Line:
    """A line that is spoken on, window by window."""

    def __init__(self, *, message: bool = False, menus: bool = False) -> None:
        self.handling = Handling(message=message, menus=menus)
        self.at = 0
        self.steps: list[Step] = []

    def speaks(self, ms: int, text: str = "") -> Line:
        """Somebody speaks for so long, pauses, and is understood."""
        self._for(ms, voiced=True)
        self._for(320, voiced=False)
        if text:
            self.steps += self.handling.words(self.at, text)
        return self

    def silent(self, ms: int) -> Line:
        return self._for(ms, voiced=False)

    def tone(self, kind: str) -> Line:
        self.steps += self.handling.tone(Tone(kind, self.at))  # pyright: ignore[reportArgumentType]
        return self

    def _for(self, ms: int, *, voiced: bool) -> Line:
        for _ in range(0, ms, 32):
            self.at += 32
            self.steps += self.handling.voice(self.at, voiced=voiced)
        return self

    @property
    def what(self) -> list[str]:
        """What was to be done, in a word each; how it ended."""
        return [step.outcome if isinstance(step, HangUp) else type(step).__name__ for step in self.steps]


def test_a_person_is_talked_to_and_nothing_is_done() -> None:
    line = Line(message=True).speaks(600, "Allô ?").silent(4_000)
    line.speaks(2_000, "Oui, c'est moi, vous m'avez laissé un message sur mon répondeur.").silent(1_000)
    assert line.steps == []
    assert not line.handling.aside


def test_who_answers_later_of_a_messaging_service_is_still_a_person() -> None:
    line = Line().speaks(600, "Allô ?").silent(6_000).speaks(2_500, "Rappelez-moi demain, je suis absente aujourd'hui.")
    assert line.steps == []


def test_a_machine_is_hung_up_on_at_once_where_it_gets_nothing() -> None:
    assert Line().speaks(3_000, MACHINE).what == ["Hush", "machine"]


def test_a_machine_gets_the_message_after_its_beep() -> None:
    line = Line(message=True).speaks(4_000, MACHINE)
    assert line.what == ["Hush"]
    assert line.handling.aside
    line.silent(500).tone("beep")
    assert line.what == ["Hush", "Leave"]
    assert line.handling.deaf


def test_a_machine_whose_beep_was_not_heard_gets_it_once_it_is_silent() -> None:
    line = Line(message=True).speaks(4_000, MACHINE).silent(NO_BEEP_MS)
    assert [type(step) for step in line.steps] == [Hush, Leave]


def test_a_machine_that_never_stops_gets_nothing() -> None:
    line = Line(message=True).speaks(3_000, MACHINE)
    for _ in range(BEEP_WAITED_MS // 1_000 + 1):
        line.speaks(1_000)
    assert line.what == ["Hush", "machine"]


def test_a_beep_by_itself_is_a_machine_that_records_now() -> None:
    assert Line(message=True).tone("beep").what == ["Hush", "Leave"]


def test_an_assistant_is_told_who_calls_and_the_person_who_comes_is_greeted() -> None:
    line = Line().speaks(3_000, ASSISTANT).silent(700)
    assert [type(step) for step in line.steps] == [Hush, Introduce]
    line.speaks(800, "Merci, restez en ligne.").silent(8_000)
    assert len(line.steps) == 2
    line.speaks(500, "Allô ?")
    assert isinstance(line.steps[-1], Greet)
    assert not line.handling.aside


def test_an_assistant_after_which_nobody_comes_ends_the_call() -> None:
    line = Line().speaks(3_000, ASSISTANT).silent(1_000).silent(PERSON_WAITED_MS)
    assert line.what == ["Hush", "Introduce", "screening"]


def test_an_assistant_that_takes_a_message_gets_the_files_or_nothing() -> None:
    line = Line().speaks(3_000, ASSISTANT).silent(1_000).speaks(2_000, "Laissez un message après le bip.")
    assert line.what == ["Hush", "Introduce", "screening"]
    line = Line(message=True).speaks(3_000, ASSISTANT).silent(1_000).speaks(2_000, "Laissez un message après le bip.")
    assert line.tone("beep").what == ["Hush", "Introduce", "Leave"]


def test_an_assistant_that_asks_for_ever_is_told_twice() -> None:
    line = Line()
    for _ in range(4):
        line.speaks(2_000, ASSISTANT).silent(1_000)
    assert line.what == ["Hush", "Introduce", "Introduce", "screening"]


def test_faxes_busy_lines_and_dead_numbers_end_the_call_by_their_name() -> None:
    assert Line(message=True).tone("fax").what == ["Hush", "fax"]
    assert Line(message=True).tone("busy").what == ["Hush", "busy"]
    assert Line(message=True).tone("sit").what == ["Hush", "unavailable"]


def test_a_menu_is_hung_up_on_unless_the_agent_presses_keys() -> None:
    assert Line(message=True).speaks(2_000, "Pour un devis, tapez un.").what == ["Hush", "machine"]
    assert Line(menus=True).speaks(2_000, "Pour un devis, tapez un.").what == []


def test_who_does_not_stop_talking_is_listened_to_while_they_talk() -> None:
    line = Line()
    line.handling.voice(32, voiced=True)
    for at in range(64, 2_600, 32):
        line.handling.voice(at, voiced=True)
    assert line.handling.watcher.wants_words() is not None
    assert line.handling.watcher.wants_words() is None
