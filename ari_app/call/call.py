"""One call from its first event to its CDR: answers it, lets it converse, transfers it, and writes down what it was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

from agents.briefing import brief
from agents.conversation import AgentConversation
from agents.effects import Act, Conversation, Facts, Plan
from ari_app.actions.base import ActionContext, perform
from ari_app.call.consulting import Consultation
from ari_app.call.delivery import Phrases, Said
from ari_app.call.owing import owed, since_answer
from ari_app.call.pickup import PickUp
from ari_app.call.session import Dialogue
from ari_app.desk.house import House
from ari_app.desk.journal import cut_short
from ari_app.desk.legs import Legs, Whose
from ari_app.desk.lifecycle import Lifecycle, Side
from ari_app.desk.meter import Orders, keep_within
from ari_app.desk.office_types import Answerable, CallEnd
from ari_app.desk.record import Notes
from ari_app.desk.recording import Recording
from ari_app.switch.base import (
    Elsewhere,
    Ended,
    Entered,
    Gone,
    HangupAsked,
    Held,
    Joined,
    Key,
    LegEvents,
    Line,
    SwitchError,
    TransferOutcome,
)
from store.base.endings import Ending, Outcome, outcome_of, refused_by
from store.base.errors import DecrocheError, Refused
from store.base.parties import Parties
from tts.pronounced import pronounced

log = logging.getLogger(__name__)

END_SECONDS = 5.0
"""How long the switch may take to say that a leg we hung up is gone."""

GONE_SECONDS = 0.25
"""How long after the audio the switch may take to say that the caller is gone too."""

LOST_OFTEN = 3
"""How often the audio of one call is opened again; then the caller is handed over."""


@dataclass(slots=True)
class CallState:
    """The facts of one call as they stand."""

    id: UUID
    parties: Parties
    leg: str
    who: Answerable
    life: Lifecycle
    notes: Notes = field(default_factory=Notes)
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    decision_id: UUID | None = None
    paid_seconds: int | None = None
    """Answered seconds held on a prepaid balance; None: nothing limits the call."""
    record: bool = False
    """The recording policy, and the caller where asked, allow a recording to be kept."""
    trunk: str = ""
    """The one that it came by."""
    talk: Conversation | None = None
    legs: Legs | None = None


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
        self._transfer = ""
        self._dialled = ""
        self._handed_over = False
        self._returned: asyncio.Future[TransferOutcome | None] | None = None
        self._whose = Whose(state.who.tenant_id, state.id, state.who.number, state.leg)
        self._legs = state.legs = Legs(house, self._whose, self._cut)
        self._gone = asyncio.Event()
        self._lost = 0
        self._taken_up = kept is not None
        self._picked: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._meter: asyncio.Task[None] | None = None
        self._next: Answerable | None = None
        record = state.record
        self._take_on(state.who)
        outbound = state.parties.outbound and kept is None
        self._pickup = PickUp(state.who.agent, self._facts, house.parts.ear) if outbound else None
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
            await self._hand_over("sorry")  # no fallback: that call would have to be paid for too
        except DecrocheError as error:
            log.error("call failed: [%s] %s", error.code, error)
            await self._hand_over()
        except Exception:  # the edge of this call: the caller must not be left in silence by a fault of ours
            log.exception("a fault of ours ended a call")
            await self._hand_over()
        finally:
            with suppress(TimeoutError):
                # handed to the fallback the call goes on, and is ours to account for until it ends
                async with asyncio.timeout(None if self._handed_over else END_SECONDS):
                    await asyncio.shield(follower)
            follower.cancel()
            await self._legs.over()
            if self._meter is not None:
                self._meter.cancel()
            self._switch.unwatch(self.state.leg)
            # the mind lets go between two steps, which may take it seconds: the CDR does not wait for that
            releasing = asyncio.create_task(self._conversation.release(), name="release")
            try:
                await self._write_down()
            finally:
                await releasing

    async def _picked_up(self) -> bool:
        """Ring and wait: True when somebody picked up, False when it ended unanswered."""
        state, seconds = self.state, self._house.settings.call.ring_seconds
        parties = state.parties
        await self._switch.dial(state.leg, state.id, parties.far, shown=parties.ours, seconds=seconds)
        return await self._picked

    async def _live(self) -> None:
        opening: Plan = self._back() if self._taken_up else Said(self._conversation.opening())
        await asyncio.gather(self._prepare_voice(opening), self._take_money())
        if self._taken_up:
            self._answered = monotonic() - since_answer(self.state.life, datetime.now(UTC))
            self._watch_money()
        elif self.state.parties.outbound and not await self._picked_up():
            return
        why = await self._converse(opening, answer=self.state.parties.inbound and not self._taken_up)
        while why in ("transfer", "language") or (why == "closed" and await self._line_lost()):
            if why == "language":
                why = await self._converse(await self._in_other_language(), answer=False)
                continue
            if why == "closed":
                why = await self._converse(self._back(), answer=False)
                continue
            outcome = await self._transferred()
            if outcome is None:
                return
            acted = self._conversation.plan_acted("transfer", {"outcome": outcome})
            why = await self._converse(acted, answer=False)
        log.info("conversation ended: %s", why)
        await self._end(why)

    def _back(self) -> Plan:
        """The agent says that they were cut off, and goes on from where the conversation stands."""
        return self._conversation.plan_back(owed(self.state.notes, self.state.who.agent))

    async def _line_lost(self) -> bool:
        """Whether the audio went though the caller is there: then it is opened again, unless it went too often."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GONE_SECONDS):  # a caller who hangs up takes the audio along
                await self._gone.wait()
                return False
        self._lost += 1
        log.warning("the audio of the call was lost (%d)", self._lost)
        cut_short(self.state.notes, round((monotonic() - self._answered) * 1000))
        return self._lost <= LOST_OFTEN

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
                self._watch_money()
            return await self._dialogue_on(line, opening)

    async def _dialogue_on(self, line: Line, opening: Plan) -> Ending:
        agent, settings = self.state.who.agent, self._house.settings.call
        pickup, self._pickup = self._pickup, None
        self._dialogue = dialogue = Dialogue(
            line, self._conversation, self._house.parts, self._voice, language=agent.language,
            phrases=Phrases(
                agent.excuse, agent.farewell, agent.lines.thinking, agent.can_transfer, agent.misunderstandings[0]
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

    async def _take_money(self) -> None:
        """A prepaid tenant's call is covered before it is answered; an order to call was before it rang."""
        state = self.state
        if state.parties.inbound:
            state.paid_seconds = await self._house.till.open(state.who.tenant_id, state.id, state.parties)
        elif self._taken_up:
            state.paid_seconds = (await self._house.till.extend(state.who.tenant_id, state.id)).seconds

    def _watch_money(self) -> None:
        """From the answer on the call lasts as long as it is paid for, transfers included."""
        state, till = self.state, self._house.till
        if state.paid_seconds is not None:
            orders = Orders(partial(till.extend, state.who.tenant_id, state.id), self._warn, self._leave, self._cut)
            self._meter = asyncio.create_task(keep_within(state.paid_seconds, self._answered, orders), name="meter")

    async def _warn(self) -> None:
        if self._dialogue is not None:
            self._dialogue.remark(self.state.who.agent.lines.credit_low)

    async def _leave(self) -> None:
        self.state.notes.outcome = "credit"
        if self._dialogue is not None:
            await self._dialogue.take_leave(self.state.who.agent.lines.credit_out, "credit")

    async def _cut(self) -> None:
        if not self.state.life.over:
            await self._hang_up("system")

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
                    self._wake(None)
                    self._pick_up(False)
                    if self._dialogue is not None:
                        self._dialogue.stop("hung_up")
                case Joined() if self._transfer:
                    self._dialled = "answered"
                case Entered(_, back) if self._transfer:
                    self._wake(back)
                case Entered():
                    self._pick_up(True)
                case _:
                    pass

    def _pick_up(self, yes: bool) -> None:
        if not self._picked.done():
            self._picked.set_result(yes)

    # -- transfers ---------------------------------------------------------------------------------------

    async def _transferred(self) -> Outcome | None:
        """Let the switch ring the person and wait: the outcome if the call comes back to us, None if it is over."""
        target, self._dialled = self._transfer, ""
        self._returned = asyncio.get_running_loop().create_future()
        if self.state.life.over:
            self._wake(None)
        outcome = await self._put_through(target, self._returned)
        self._transfer = ""
        if outcome is not None:
            await self._legs.over(outcome)
        last = self.state.notes.actions[-1]
        last.result["outcome"] = outcome or self._dialled or "abandoned"
        log.info("transfer to %s: %s", target, last.result["outcome"])
        return outcome

    async def _put_through(self, target: str, returned: asyncio.Future[TransferOutcome | None]) -> Outcome | None:
        """Blind, or told first who calls, as the agent's file has it."""
        if not self.state.who.agent.attends:
            await self._legs.transfer(target)
            return await returned
        said = [turn.text for turn in self.state.notes.turns if turn.who == "caller"]
        agent = self.state.who.agent
        consultation = Consultation(
            self._house, self._whose, self._legs, returned, voice=self._voice, language=agent.language,
            brief=brief(agent, self._facts, self._conversation.values, said),
        )  # fmt: skip
        try:
            return await consultation.run(target)
        finally:
            if consultation.why:
                self.state.notes.actions[-1].result["why"] = consultation.why

    def _wake(self, outcome: TransferOutcome | None) -> None:
        if self._returned is not None and not self._returned.done():
            self._returned.set_result(outcome)

    # -- actions -----------------------------------------------------------------------------------------

    async def _perform(self, act: Act) -> Mapping[str, Any]:
        state = self.state
        if act.name == "language":
            return await self._other_version(str(act.args["language"]), str(act.args["agent"]))
        context = ActionContext(
            state.id, state.who, state.leg, state.parties, self._house.office, self._switch,
            self._legs, self._dialogue.clock.now_ms() if self._dialogue else 0,
        )  # fmt: skip
        result = await perform(act, context)
        if act.name == "transfer" and result.get("outcome") == "transferring":
            self._transfer = str(result["to"])
        if act.name == "record":
            announced = state.who.agent.recording.policy != "off"  # nothing is kept that nobody was told of
            state.record = announced and bool(act.args.get("allowed"))
        return result

    async def _other_version(self, language: str, agent: str) -> Mapping[str, Any]:
        """Whether the client has that agent live, in that language."""
        try:
            found = await self._house.office.version_of(self.state.who, agent)
            self._house.parts.voice(found.agent.language, found.agent.voice)
        except DecrocheError as error:
            log.warning("no agent %s to go on in %s: [%s] %s", agent, language, error.code, error)
            return {"outcome": "failed", "language": language}
        if found.agent.language != language:
            log.warning("agent %s speaks %s, not %s", agent, found.agent.language, language)
            return {"outcome": "failed", "language": language}
        self._next = found
        return {"outcome": "switching", "language": language, "agent": agent}

    # -- the end -----------------------------------------------------------------------------------------

    async def _end(self, why: Ending) -> None:
        """Hang up, unless the caller did."""
        gone = self._gone.is_set()
        self.state.notes.outcome = self.state.notes.outcome or outcome_of(why, gone=gone)
        if self.state.life.over or (why in ("hung_up", "closed") and gone):
            return
        if why in ("failed", "closed"):
            await self._hand_over()
            return
        await self._hang_up("system" if why in ("max_duration", "credit") else "agent")

    async def _hang_up(self, side: Side) -> None:
        self.state.life.asked_by = side
        with suppress(SwitchError):
            await self._switch.hangup(self.state.leg)

    async def _hand_over(self, to: Elsewhere = "away") -> None:
        """We cannot go on: the switch's fallback takes the caller, as when this process is away.

        A caller who hung up while it rang is why we cannot: that call was abandoned, it did not fail.
        """
        state = self.state
        gone = state.life.over
        if not gone and state.parties.inbound:
            try:
                if to == "away":
                    await self._legs.send_away(state.parties.callee, state.who.fallback)
                else:
                    await self._switch.give_back(state.leg, to, state.parties.callee)
                self._handed_over = True
            except SwitchError:
                gone = True
        if gone and state.life.answered_at is None and not state.life.asked_by:
            return
        state.notes.outcome = state.notes.outcome or "failed"
        if self._handed_over:
            state.life.asked_by = "system"
        else:
            await self._hang_up("system")

    async def _write_down(self) -> None:
        """The CDR, its charge, the recording. A database that is down loses nothing: the office spools it."""
        state = self.state
        agent, notes = state.who.agent, state.notes
        notes.slots = {name: value for name, value in self._conversation.values.items() if not name.startswith("_")}
        if agent.recording.policy == "announced" and agent.recording.say and notes.recording_told_ms is None:
            state.record = False  # who was not told of it is not recorded (RGPD, art. 13)
        recording = self._recording if state.record and state.life.answered_at else None
        await self._house.office.finish(CallEnd(state.id, state.parties, state.leg, state.who, state.life, state.notes,
            dict(state.variables), state.decision_id, recording))  # fmt: skip
