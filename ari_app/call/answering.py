# ruff: noqa: E501 (tables read better whole)
"""Who picked up a call we placed: a person, a machine, a screening assistant, a menu. Pure.

It watches beside the greeting and delays nothing. Whoever is not surely something else is a person: a machine that is
talked to costs a minute, a person who is taken for a machine is hung up on.

What a machine says is known by its words; what is said without words is known by length: people who pick up say a word
or two and wait ("Allô ?", "Oui, Martin, bonjour"), machines read a text in one breath, then beep.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

Who = Literal["unknown", "human", "machine", "screening", "menu", "fax", "busy", "nobody"]
"""`nobody`: an operator's announcement that the number is not to be had."""

LISTEN_MS = 2_500
"""Unbroken speech of so long is listened to while it goes on: what is said tells a person who talks from a machine."""
LONG_MS = 6_000
"""… and of so long is no person who has just picked up, whatever is said but what a person says."""
PAUSE_MS = 700
"""A pause so long breaks speech."""
SHORT_MS = 2_000
"""Who says so little, then waits, is a person."""
WAITS_MS = 1_200
"""… for so long."""
SAME_MS = 3_000
"""What is said so soon after what was said before belongs to it; a person who speaks again later is in conversation."""
GIVEN_UP_MS = 12_000
"""After so long without a sign, it is a person."""

_RECORDS = (r"(?:apres|au|attendez) (?:le |la )?(?:bip|signal sonore|signal|tonalite|top)\b|after the (?:beep|tone)",)
"""Whoever says that records."""
_NAME = r"(?:(?:votre |vos )?(?:prenom et )?(?:nom|prenom|identite)\b|qui vous etes)"
_ANNOUNCED = (
    # it asks for a name and says that it goes to somebody, though it records the name after a beep
    rf"(?:dites|dire|prononcez|enregistrez|donnez|indiquez|annoncez|precisez|presente\w*|nommez)\b.{{0,20}}{_NAME}.{{0,90}}"
    r"(?:je (?:vais )?(?:voir|verifie\w*|regarde\w*|demande\w*) si|(?:nous|on|je) .{0,20}annonc\w+|mett\w+ en relation"
    r"|lui (?:sera|seront|est) (?:annonce|transmis|communique)|pren\w+ l appel|accepte\w* l appel|(?:est|sera) accepte)",
    r"si vous (?:enregistrez|indiquez|donnez|dites) .{0,50}(?:je (?:vais )?(?:voir|verifie\w*|regarde\w*)|disponible)",
    r"\b(?:(?:annoncez|presentez|identifiez) vous|vous (?:annoncer|presenter|identifier))\b.{0,80}"
    r"(?:signal|bip|patient\w+|en ligne|correspondant|transm\w+|mett\w+)",
    r"(?:state|say|give|record|announce) (?:your (?:full )?name|yourself).{0,90}"
    r"(?:connect|available|accept|hold|stay on the line|announce|put (?:you )?through|the call)",
    r"\bannounce yourself\b",
)
"""Of these one is enough, whatever else is said."""
_AUTOMATIC = (
    r"\b(?:assistante?|standard|secretaire|secretariat|agent|robot)\b (?:\w+ ){0,2}?"
    r"(?:virtuel\w*|vocale?|automatique|automatise\w*|numerique|intelligente?|ia)\b",
    r"\b(?:virtual|digital|automated|ai|personal) (?:assistant|receptionist|secretary|screener)\b|\bi m (?:a|an ai) (?:ro)?bot\b",
    r"\bje suis un (?:ro)?bot\b|\brepond(?:s)? a (?:la|sa) place de\b",
)
"""A program speaks for somebody: it screens, where it asks who calls or why."""
_ASKS_WHO = re.compile(
    r"\bqui (?:est|appelle|etes|m appelle|l appelle|demande|dois je)|\bvotre nom\b|\bqui vous etes\b|\bde la part de qui\b"
    r"|\b(?:quel|a quel) (?:est )?(?:le )?(?:sujet|motif|objet)\b|\bc est (?:a quel|pour quoi)|\bpourquoi vous appelez|\bpourquoi appelez"
    r"|\b(?:raison|motif|objet|sujet) de (?:votre|l|cet) appel|\bque dois je (?:lui )?(?:dire|transmettre)|\bce que vous (?:voulez|souhaitez)"
    r"|\bwho (?:is|s|are|may|shall)\b|\bwhy you|\bwhat (?:is|s|it s|is it|this is) .{0,12}(?:about|regarding)|\byour name\b|\bwhat shall i tell"
)
_SCREENING = (
    r"assistant (?:de )?(?:google|appel|filtrage)|filtre (?:cet|les|l|ses|mes|tous les) appel|appels? (?:est|sont) filtre",
    r"filtrage (?:d |des |de ses |de mes )?appels?|filtre (?:d |des )appels?|appels (?:annonces|identifies)\b",
    rf"(?:indiquer?z?|dites|dire|donnez|precisez?)(?: moi)? {_NAME}.{{0,40}}"
    r"(?:raison|motif|objet|sujet|appel|pourquoi|ce que vous)",
    r"(?:motif|raison|objet|sujet) de (?:votre|l|cet) appel|\bname (?:and|with).{0,12}\b(?:reason|why)\b",
    r"(?:souhaite|veut|voudrait|desire|aimerait) savoir (?:qui|de la part de qui|pourquoi)",
    r"(?:indiquer?|preciser?|dire|savoir) qui (?:vous etes|appelle)|que dois je (?:lui )?(?:dire|transmettre)",
    r"la personne que vous appelez utilise|transmettr\w+ votre (?:reponse|demande)",
    r"je vais voir si .{0,20} (?:est )?disponible|je (?:lui demande|demande) si? .{0,20}(?:repondre|disponible)",
    r"(?:verifi\w+|voir|regarder|demander) si (?:cette personne|la personne|votre correspondant\w*|l abonne) .{0,20}"
    r"(?:disponible|repondre|prendre)",
    r"see if (?:this person|they|he|she) (?:is|are) available",
    r"call(?:ing|s)? (?:screen|filter)|call is (?:being )?screened|(?:say|state) your name and (?:why|the reason)",
    r"the person you re calling is using|before i (?:try to )?(?:connect|put) (?:you|the call)",
)
_MENU = (
    r"(?:tape[rz]?|appuye[rz]?(?: sur)?|faites|composez)(?: la touche)? (?:le )?"
    r"(?:\d|un|deux|trois|quatre|cinq|etoile|diese)\b",
    r"touche (?:etoile|diese|\d)", r"(?:pour (?:joindre|un|une|le|la|les)|si vous) .{2,40}(?:tapez|appuyez|dites)",
    r"saisi\w* (?:votre|le) numero|suivie? de la touche|(?:si vous (?:appelez|etes|souhaitez|voulez)\b.{3,80}){2}",
    r"press (?:\d|one|two|three|star|pound)\b", r"veuillez patienter.{0,40}(?:conseiller|correspondant|operateur)",
    r"votre appel (?:est|va etre) (?:important|enregistre|mis en attente|transfere)",
)  # fmt: skip
_MACHINE = (
    r"\bmessagerie\b|\brepondeur\b|\bboite vocale\b|voicemail|answering machine|mailbox",
    r"(?:laiss\w+|deposer?|enregistr\w+)(?: moi| nous)? (?:un |votre |vos )?(?:petit |court )?"
    r"(?:mot |message|coordonnees)",
    r"numero que vous (?:avez compose|demandez)|(?:votre|le) correspondant (?:n est|que vous)",
    r"appel ne peut (?:aboutir|etre)|d encombrements?\b|numero n accepte pas|appels anonymes",
    r"(?:telephone|correspondant|portable) .{0,30}\b(?:eteint|hors de)|zone de couverture",
    r"vous etes (?:bien )?tombee?s? sur|vous avez demande le|leave (?:me |us )?(?:a|your) (?:short |brief )?message",
)
"""One of these is enough."""
_ABSENT = (
    r"\b(?:dispo|disponible|joignable|indisponible|injoignable|absente?s?|fermee?s?|unavailable)\b",
    r"\b(?:ne|n) (?:\w+ ){1,3}(?:repondre|prendre (?:votre|l) appel|decrocher)|can t (?:take|come to|answer)",
    r"\b(?:rappel\w+|recontact\w+|call you back)\b",
    r"\bvous etes bien (?:sur|chez|au)\b|\b(?:joindre|contacter) (?:par|au|sur)\b|\bhoraires?\b|\bpour l instant\b",
    r"\b(?:en|nos|pour) (?:deplacement|conges|vacances)\b|\btoute l equipe\b|\ben cas d urgence\b",
    r"\b(?:envoye\w*|ecri\w+|laiss\w+) .{0,20}(?:mail|courriel|sms|s m s|texto|numero|adresse)\b",
    r"\bdu (?:lun|mar|mercre|jeu|vendre|same)di au\b|\bde \w+ heures? .{0,20}\ba (?:midi|\w+ heures)",
    r"\b(?:bonne journee|bonne soiree|a bientot|a tres vite)$|\bmerci de votre appel\b",
    r"\b(?:tu sais|vous savez) (?:ce qu|quoi|comment)|a vous de jouer",
)
"""Two of these: somebody who says that they are away tells who they are or what they will do. A person says one."""
_ANSWERS = re.compile(r"^(?:oui|non|ah|ouais|ecoutez|desolee?|attendez)\b")
"""Who begins so answers somebody: it takes three."""
_PERSON = (
    r"^(?:oui |ouais |ah |euh )*(?:allo|hallo|hello)\b",
    r"^(?:oui|ouais|hein|pardon|quoi|bonjour|bonsoir)\b.{0,30}$",
    r"qui est a l appareil|c est (?:qui|de la part de qui)|qui (?:est ce|parle|me parle)|m entendez|je vous ecoute",
    r"^(?:\w+ ){1,4}(?:bonjour|j ecoute|a l appareil|que puis je)\b",
    r"^(?:\w+ ){1,7}(?:bonjour|bonsoir)(?: c est pour| que| qu| en quoi| je | j |$)",
)
_NO_MACHINE = re.compile(
    r"(?<!si )vous voulez (?:lui |me )?laisser|voulez vous (?:lui |me )?laisser"
    r"|c est (?:sa|son|moi|la) (?:femme|mari|fils|fille|mere|pere|soeur)"
    r"|\bj ai (?:eu|recu|ecoute|vu)\b|\bvous m avez\b|\bvous avez (?:laisse|appele)\b|a l appareil"
)
"""Only a person says that, whatever else is said."""


def said(text: str) -> Who:
    """What the words alone tell. `unknown` where they tell nothing."""
    bare = plain(text)
    if _any(_ANNOUNCED, bare) or (_any(_AUTOMATIC, bare) and _ASKS_WHO.search(bare)):
        return "screening"
    if _NO_MACHINE.search(bare) and not _any(_RECORDS, bare):
        return "human"
    for who, rules in _SURE:
        if _any(rules, bare):
            return who
    away = sum(bool(re.search(rule, bare)) for rule in _ABSENT)
    if away >= (3 if _ANSWERS.search(bare) else 2) and not re.search(_PERSON[0], bare):
        return "machine"
    return "human" if _any(_PERSON, bare) else "unknown"


def _any(rules: tuple[str, ...], text: str) -> bool:
    return any(re.search(rule, text) for rule in rules)


_SURE: tuple[tuple[Who, tuple[str, ...]], ...] = (
    ("machine", _RECORDS), ("screening", _SCREENING), ("machine", _MACHINE), ("menu", _MENU),
)  # fmt: skip


def plain(text: str) -> str:
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
    """What was said up to `at_ms`, since a pause or since it was last told."""

    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Beep:
    """A tone of a machine that begins to record."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Signal:
    """A tone that no machine makes which takes messages: a fax's, a busy line's, an operator's (`tones.py`)."""

    at_ms: int
    who: Literal["fax", "busy", "nobody"]


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nobody speaks at `at_ms`."""

    at_ms: int


Heard = Speech | Words | Beep | Signal | Quiet


@dataclass(slots=True)
class Watcher:
    """Feed it what is heard, in order. `who` may still change from `human` or `unknown` to a machine, never back."""

    who: Who = "unknown"
    why: str = ""
    beeped: bool = False
    _begun: int | None = None
    _until: int = 0
    _listened: int = 0
    _texts: list[str] = field(default_factory=list[str])
    _settled: bool = False
    """A person, who has answered: what they say from now on makes nobody a machine of them."""

    def wants_words(self) -> tuple[int, int] | None:
        """From when to when (ms) it should be told what is being said, since somebody does not stop talking."""
        if self.who not in ("unknown", "human") or self._begun is None:
            return None
        if self._until - max(self._begun, self._listened) < LISTEN_MS:
            return None
        self._listened = self._until
        return self._begun, self._until

    def hear(self, event: Heard) -> Who:
        """One more event; who it is now."""
        if self._settled:
            return self.who
        match event:
            case Beep():
                self.beeped = True
                self._decide("machine", "a beep")
            case Signal(_, who):
                self._decide(who, "its tone")
            case Words(_, text):
                self._words(text)
            case Speech(from_ms, to_ms):
                self._speech(from_ms, to_ms)
            case Quiet(at_ms):
                self._quiet(at_ms)
        return self.who

    def _words(self, text: str) -> None:
        self._texts.append(text.strip())
        told = " ".join(self._texts)
        found = said(text)
        if found in ("unknown", "human") and len(self._texts) > 1:
            found = said(told) if said(told) not in ("unknown", "human") else found
        if found != "unknown":
            self._decide(found, f"« {told[:60]} »")

    def _speech(self, from_ms: int, to_ms: int) -> None:
        if self._begun is not None and from_ms - self._until > SAME_MS:
            self._texts.clear()
            self._settled = self.who == "human"
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
        self.who, self.why, self.beeped, self._begun, self._listened = "unknown", "", False, None, 0
        self._texts, self._settled = [], False
