"""Who picked up a call we placed: a person, a machine, a screening assistant, a menu. Pure.

It watches beside the greeting and delays nothing. Whoever is not surely something else is a person: a machine that is
talked to costs a minute, a person who is taken for a machine is hung up on.

What a machine says is known by its words; what is said without words is known by length: people who pick up say a word
or two and wait ("Allô ?", "Oui, Martin, bonjour"), machines read a text in one breath, then beep.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Who = Literal["unknown", "human", "machine", "screening", "menu"]

LONG_MS = 4_000
"""Unbroken speech of so long is no person who has just picked up, unless what is said says otherwise."""
PAUSE_MS = 700
"""A pause so long breaks speech."""
SHORT_MS = 2_000
"""Who says so little, then waits, is a person."""
WAITS_MS = 1_200
"""… for so long."""
GIVEN_UP_MS = 12_000
"""After so long without a sign, it is a person."""

_SCREENING = (
    r"assistant (?:de )?(?:google|appel|filtrage)|filtre (?:cet|les|l) appel|appel est filtre|filtrage d appel",
    r"(?:indiquer?z?|dites|donnez|precisez?)(?: moi)? (?:votre nom|qui vous etes).{0,40}(?:raison|motif|objet|appel)",
    r"(?:motif|raison|objet) de votre appel(?!.{0,30}(?:bip|signal|tonalite))",
    r"la personne que vous appelez utilise|transmettre? votre reponse|je vais voir si .{0,20} (?:est )?disponible",
    r"call(?:ing)? screen|say your name and (?:why|the reason)|the person you re calling is using",
)
_MENU = (
    r"(?:tapez|appuyez sur|faites|composez)(?: la touche)? (?:le )?(?:\d|un|deux|trois|quatre|cinq|etoile|diese)\b",
    r"touche (?:etoile|diese|\d)", r"pour (?:joindre|un|une|le|la|les) .{2,40}(?:tapez|appuyez|dites)",
    r"press (?:\d|one|two|three|star|pound)\b", r"veuillez patienter.{0,40}(?:conseiller|correspondant|operateur)",
    r"votre appel (?:est|va etre) (?:important|enregistre|mis en attente|transfere)",
)  # fmt: skip
_MACHINE = (
    r"\bmessagerie\b|\brepondeur\b|\bboite vocale\b|voicemail|answering machine|mailbox",
    r"(?:apres|au|attendez) (?:le |la )?(?:bip|signal sonore|signal|tonalite|top)\b",
    r"(?:laiss\w+|deposer?|enregistr\w+)(?: moi| nous)? (?:un |votre |vos )?(?:petit |court )?(?:message|coordonnees)",
    r"numero que vous (?:avez compose|demandez)|(?:votre|le) correspondant (?:n est|que vous)",
    r"leave (?:me |us )?(?:a|your) (?:short |brief )?message|after the (?:beep|tone)",
)
"""One of these is enough."""
_ABSENT = (
    r"\b(?:disponible|joignable|indisponible|injoignable|absente?s?|fermee?s?|unavailable)\b",
    r"\b(?:ne|n) (?:\w+ ){1,3}(?:repondre|prendre (?:votre|l) appel|decrocher)|can t (?:take|come to|answer)",
    r"\b(?:rappel\w+|recontact\w+|call you back)\b",
    r"\bvous etes bien (?:sur|chez|au)\b|\b(?:joindre|contacter) (?:par|au|sur)\b|\bhoraires?\b|\bpour l instant\b",
)
"""Two of these: somebody who says that they are away tells who they are or what they will do. A person says one."""
_PERSON = (
    r"^(?:oui |ouais |ah |euh )*(?:allo|hallo|hello)\b",
    r"^(?:oui|ouais|hein|pardon|quoi|bonjour|bonsoir)\b.{0,30}$",
    r"qui est a l appareil|c est (?:qui|de la part de qui)|qui (?:est ce|parle|me parle)|m entendez|je vous ecoute",
    r"^(?:\w+ ){1,4}(?:bonjour|j ecoute|a l appareil|que puis je)\b",
)


_SURE: tuple[tuple[Who, tuple[str, ...]], ...] = (("screening", _SCREENING), ("menu", _MENU), ("machine", _MACHINE))


def said(text: str) -> Who:
    """What the words alone tell. `unknown` where they tell nothing."""
    plain = _plain(text)
    for who, rules in _SURE:
        if any(re.search(rule, plain) for rule in rules):
            return who
    person = any(re.search(rule, plain) for rule in _PERSON)
    away = sum(bool(re.search(rule, plain)) for rule in _ABSENT)
    if away >= 2 and not re.search(_PERSON[0], plain):
        return "machine"
    return "human" if person else "unknown"


def _plain(text: str) -> str:
    """Lower case, without accents or punctuation."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.sub(r"[^a-z0-9]+", " ", "".join(c for c in letters if not unicodedata.combining(c))).split())


@dataclass(frozen=True, slots=True)
class Speech:
    """A voice was heard from `from_ms` to `to_ms`, on the line's clock, since the answer."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Words:
    """What was said by `at_ms`: all of it so far."""

    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Beep:
    """A tone of a machine that begins to record."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nobody speaks at `at_ms`."""

    at_ms: int


Heard = Speech | Words | Beep | Quiet


@dataclass(slots=True)
class Watcher:
    """Feed it what is heard, in order. `who` may still change from `human` or `unknown` to a machine, never back."""

    who: Who = "unknown"
    why: str = ""
    beeped: bool = False
    _begun: int | None = None
    _until: int = 0

    def hear(self, event: Heard) -> Who:
        """One more event; who it is now."""
        match event:
            case Beep():
                self.beeped = True
                self._decide("machine", "a beep")
            case Words(_, text):
                self._words(text)
            case Speech(from_ms, to_ms):
                self._speech(from_ms, to_ms)
            case Quiet(at_ms):
                self._quiet(at_ms)
        return self.who

    def _words(self, text: str) -> None:
        found = said(text)
        if found != "unknown":
            self._decide(found, f"« {text.strip()[:60]} »")

    def _speech(self, from_ms: int, to_ms: int) -> None:
        if self._begun is None or from_ms - self._until >= PAUSE_MS:
            self._begun = from_ms
        self._until = max(self._until, to_ms)
        if self.who == "unknown" and self._until - self._begun > LONG_MS:
            self._decide("machine", f"{self._until - self._begun} ms in one breath")

    def _quiet(self, at_ms: int) -> None:
        if self.who != "unknown":
            return
        if self._begun is not None and self._until - self._begun <= SHORT_MS and at_ms - self._until >= WAITS_MS:
            self._decide("human", "a word, and waits")
        elif at_ms >= GIVEN_UP_MS:
            self._decide("human", "no sign of a machine")

    def _decide(self, who: Who, why: str) -> None:
        """A person who picks up after a screening assistant, or over their machine, is a person: see `handed_over`."""
        if self.who in ("unknown", "human") and who != self.who:
            self.who, self.why = who, why

    def handed_over(self) -> None:
        """Somebody else is on the line now (a screening assistant put us through): watch anew."""
        self.who, self.why, self.beeped, self._begun = "unknown", "", False, None
