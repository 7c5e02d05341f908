"""One call from its first event to its CDR: answers it, lets it converse, transfers it, and writes down what it was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from agents.conversation import AgentConversation
from agents.effects import Act, Conversation, Facts, Plan
from ari_app.actions.base import ActionContext, perform
from ari_app.call.beginning import Arrived, Placed, TakenUp
from ari_app.call.delivery import Phrases
from ari_app.call.funds import Funds
from ari_app.call.lost_sound import LostSound
from ari_app.call.other_language import version_in
from ari_app.call.owing import back
from ari_app.call.parting import Parting
from ari_app.call.pickup import PickUp
from ari_app.call.putting_through import PutThrough
from ari_app.call.said import Said
from ari_app.call.session import Dialogue
from ari_app.call.state import CallState
from ari_app.desk.discretion import discreet, told_on
from ari_app.desk.house import House
from ari_app.desk.legs import Legs, Whose
from ari_app.desk.office_types import Answerable, CallEnd
from ari_app.desk.recording import Recording
from ari_app.switch.base import (
    Ended,
    Entered,
    Gone,
    HangupAsked,
    Held,
    Joined,
    Key,
    LegEvents,
    Line,
)
from store.base.endings import Ending, refused_by
from store.base.errors import DecrocheError, Refused
from tts.pronounced import pronounced

log = logging.getLogger(__name__)

END_SECONDS = 5.0
"""How long the switch may take to say that a leg we hung up is gone."""


class Call:
    """Runs one call, answered or placed. Every path ends in a CDR."""

    def __init__(
        self, house: House, state: CallState, events: LegEvents, kept: Mapping[str, Any] | None = None
    ) -> None:  # fmt: skip
        """`kept`: where the conversation stood, of a call that another process held and that died (`resuming`).

        Raises ValueError where it cannot be read.
        """
        self._house, self.state, self._events = house, state, events
        self._switch = house.switch
        self._recording = Recording()
        self._dialogue: Dialogue | None = None
        self._answered = 0.0
        self._gone = asyncio.Event()
        whose = Whose(state.who.tenant_id, state.id, state.who.number, state.leg)
        self._legs = state.legs = Legs(house, whose, self._cut)
        self._parting = Parting(house.switch, state, self._legs, self._gone)
        self._through = PutThrough(house, state, whose, self._legs)
        self._sound = LostSound(state.notes, self._gone)
        self._funds = Funds(house, state, warn=self._warn, leave=self._leave, cut=self._cut)
        kind = TakenUp if kept is not None else Placed if state.parties.outbound else Arrived
        self._beginning = kind(house, state)
        self._next: Answerable | None = None
        record = state.record
        self._take_on(state.who)
        self._pickup = PickUp(state.who.agent, self._facts, house.parts.ear) if kind is Placed else None
        """Who picked up; for the first stay on the line, and nobody's after it."""
        if kept is not None:
            state.record = record
            self._conversation.take_up(kept)

    def _take_on(self, who: Answerable) -> None:
        """This agent talks from now on, in its own voice."""
        house, state = self._house, self.state
        state.who, agent = who, who.agent
        state.record = agent.recording.policy == "announced"
        self._voice = pronounced(house.parts.voice(agent.language, agent.voice), agent.say_as)
        facts = Facts(
            str(state.id), who.now(), state.parties, state.variables, house.settings.call.silence_seconds
        )  # fmt: skip
        self._conversation: Conversation = AgentConversation(
            agent, house.parts.mind, facts, sense=house.parts.sense, pace=house.parts.pace
        )
        self._facts = facts
        state.talk = self._conversation

    # -- the whole call ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Answer or ring, converse, and write the CDR whatever happens: an unanswered call has one too."""
        follower = asyncio.create_task(self._follow(), name="follow")
        try:
            await self._live()
        except Refused as error:
            log.warning("call refused: [%s] %s", error.code, error)
            self.state.notes.outcome = refused_by(error.code)
            await self._parting.hand_over("sorry")  # no fallback: that call would have to be paid for too
        except DecrocheError as error:
            log.error("call failed: [%s] %s", error.code, error)
            await self._parting.hand_over()
        except Exception:  # the edge of this call: the caller must not be left in silence by a fault of ours
            log.exception("a fault of ours ended a call")
            await self._parting.hand_over()
        finally:
            with suppress(TimeoutError):
                # handed to the fallback the call goes on, and is ours to account for until it ends
                async with asyncio.timeout(None if self._parting.handed_over else END_SECONDS):
                    await asyncio.shield(follower)
            follower.cancel()
            await self._legs.over()
            self._funds.close()
            self._switch.unwatch(self.state.leg)
            # the mind lets go between two steps, which may take it seconds: the CDR does not wait for that
            releasing = asyncio.create_task(self._conversation.release(), name="release")
            try:
                await self._write_down()
            finally:
                await releasing

    async def _live(self) -> None:
        opening = self._beginning.opening(self._conversation)
        await asyncio.gather(self._prepare_voice(opening), self._beginning.pay())
        self._answered = self._beginning.answered()
        if self._answered:
            self._funds.watch(self._answered)
        if not await self._beginning.reached():
            return
        why = await self._converse(opening, answer=self._beginning.answers)
        while why in ("transfer", "language") or (why == "closed" and await self._sound.to_open_again(self._answered)):
            following = await self._following(why)
            if following is None:
                return
            why = await self._converse(following, answer=False)
        log.info("conversation ended: %s", why)
        await self._parting.after(why)

    async def _following(self, why: Ending) -> Plan | None:
        """What the next stay on a line begins with; None: the call is over."""
        if why == "language":
            return await self._in_other_language()
        if why == "closed":
            return back(self._conversation, self.state.notes, self.state.who.agent)
        outcome = await self._through.run(self._voice, self._facts, self._conversation.values)
        return None if outcome is None else self._conversation.plan_acted("transfer", {"outcome": outcome})

    async def _in_other_language(self) -> Plan:
        """The agent's version in the caller's language goes on, from its own opening."""
        assert self._next is not None, "the action `language` found it"
        await self._conversation.release()
        self._take_on(self._next)
        opening = Said(self._conversation.opening())
        await self._prepare_voice(opening)
        return opening

    async def _prepare_voice(self, opening: Plan) -> None:
        """The opening is synthesised before the answer, so that the caller never waits for it."""
        if isinstance(opening, Said):
            await self._voice.prepare([line.text for line in opening.lines if not isinstance(line, Act)])

    async def _converse(self, opening: Plan, *, answer: bool) -> Ending:
        """One stay on a line. Returns why it ended."""
        state, switch = self.state, self._switch
        async with switch.line(state.leg, state.id) as line:
            if answer:
                await switch.answer(state.leg)
            if not self._answered:
                self._answered = monotonic()
                self._funds.watch(self._answered)
            return await self._dialogue_on(line, opening)

    async def _dialogue_on(self, line: Line, opening: Plan) -> Ending:
        agent, settings = self.state.who.agent, self._house.settings.call
        pickup, self._pickup = self._pickup, None
        self._dialogue = dialogue = Dialogue(
            line, self._conversation, self._house.parts, self._voice, language=agent.language,
            phrases=Phrases(
                agent.excuse, agent.farewell, agent.lines.thinking, agent.can_transfer, agent.misunderstandings[0],
                agent.lines.moment,
            ),
            notes=self.state.notes, recording=self._recording, answered=self._answered, perform=self._perform,
            pickup=pickup,
        )  # fmt: skip
        try:
            if self.state.life.over:
                return "hung_up"
            left = settings.max_seconds - (monotonic() - self._answered)
            deadline = asyncio.create_task(self._deadline(dialogue, left, agent.farewell), name="deadline")
            try:
                return await dialogue.run(opening)
            finally:
                deadline.cancel()
        finally:
            self._dialogue = None

    async def _deadline(self, dialogue: Dialogue, seconds: float, goodbye: str) -> None:
        """The longest a call may last: leave is taken; and if even that hangs, it is ended."""
        await asyncio.sleep(max(1.0, seconds))
        self.state.notes.outcome = "max_duration"
        await dialogue.take_leave(goodbye, "max_duration")
        await asyncio.sleep(20)
        dialogue.stop("max_duration")

    # -- money -------------------------------------------------------------------------------------------

    async def _warn(self) -> None:
        if self._dialogue is not None:
            self._dialogue.remark(self.state.who.agent.lines.credit_low)

    async def _leave(self) -> None:
        self.state.notes.outcome = "credit"
        if self._dialogue is not None:
            await self._dialogue.take_leave(self.state.who.agent.lines.credit_out, "credit")

    async def _cut(self) -> None:
        if not self.state.life.over:
            await self._parting.hang_up("system")

    # -- what the switch says ----------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Every event of the leg, in order, until it is gone."""
        life = self.state.life
        while not life.over:
            event = await self._events.get()
            life.apply(event)
            self._legs.heard(event)
            match event:
                case Key(_, key) if self._dialogue is not None:
                    self._dialogue.press(key)
                case Held(_, held) if self._dialogue is not None:
                    self._dialogue.hold(held)
                case HangupAsked() | Ended() | Gone():
                    self._gone.set()
                    self._through.gone()
                    self._beginning.picked_up(False)
                    if self._dialogue is not None:
                        self._dialogue.stop("hung_up")
                case Joined() if self._through.under_way:
                    self._through.joined()
                case Entered(_, outcome) if self._through.under_way:
                    self._through.back(outcome)
                case Entered():
                    self._beginning.picked_up(True)
                case _:
                    pass

    # -- actions -----------------------------------------------------------------------------------------

    async def _perform(self, act: Act) -> Mapping[str, Any]:
        state = self.state
        if act.name == "language":
            return await self._other_version(str(act.args["language"]), str(act.args["agent"]))
        context = ActionContext(
            state.id, state.who, state.leg, state.parties, self._house.office, self._switch,
            self._legs, self._dialogue.clock.now_ms() if self._dialogue else 0,
        )  # fmt: skip
        result = await perform(told_on(act, state.who.agent.language), context)
        if act.name == "transfer" and result.get("outcome") == "transferring":
            self._through.asked(str(result["to"]))
        if act.name == "record" and "paused" not in act.args:
            announced = state.who.agent.recording.policy != "off"  # nothing is kept that nobody was told of
            state.record = announced and bool(act.args.get("allowed"))
        return result

    async def _other_version(self, language: str, agent: str) -> Mapping[str, Any]:
        found = await version_in(self._house, self.state.who, language, agent)
        if found is None:
            return {"outcome": "failed", "language": language}
        self._next = found
        return {"outcome": "switching", "language": language, "agent": agent}

    # -- the end -----------------------------------------------------------------------------------------

    async def _write_down(self) -> None:
        """The CDR, its charge, the recording. A database that is down loses nothing: the office spools it."""
        state = self.state
        agent, notes = state.who.agent, state.notes
        notes.slots = {name: value for name, value in self._conversation.values.items() if not name.startswith("_")}
        if agent.recording.policy == "announced" and agent.recording.say and notes.recording_told_ms is None:
            state.record = False  # who was not told of it is not recorded (RGPD, art. 13)
        recording = self._recording if state.record and state.life.answered_at else None
        kept = discreet(notes, agent.language, state.memory)
        for start, end in kept.silenced:
            self._recording.silence(start, end)
        await self._house.office.finish(CallEnd(state.id, state.parties, state.leg, state.who, state.life, kept.notes,
            dict(state.variables), state.decision_id, recording))  # fmt: skip
