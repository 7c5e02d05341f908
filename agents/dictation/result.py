"""What a dictation has come to."""

from __future__ import annotations

from dataclasses import dataclass

from agents.slots.text import Language, fold, listed

_WORDS = {
    "fr": (
        "a ah alors attendez au aussi avec ben bien bon bonjour c ca ce cela cest chiffre chiffres d dans de "
        "deja des donc du eh email en encore ensuite est et euh faut fin fixe hein il ils ici je joindre "
        "joignable l la le les lettre lettres ma mail courriel marque me merci mes mettez moi mon ne nom non "
        "note notez numero of oh ok oui ouais par peut plait portable pour pouvez prenom puis quand que qui "
        "rappeler s si sera suis sur tel telephone mobile te tout un une va voici voila vous adresse appeler "
        "donne donner epelle epeler ecrit m j n y reference dossier commande immatriculation plaque vehicule "
        "voiture facture client apres"
    ),
    "en": (
        "a address ah all alright and at be better best book by call can car cell code d digits email er file "
        "for give got have hello hi i invoice is it its letter letters ll m mail me mine mobile my name no "
        "number of oh ok okay on order phone plate please reach reference registration right s spell spelt "
        "spelled sure telephone thanks that the then there this to uh um ve well will would yeah yes you your"
    ),
}
FILLERS: dict[Language, frozenset[str]] = {
    "fr": frozenset(listed(_WORDS["fr"])),
    "en": frozenset(listed(_WORDS["en"])),
}
"""Folded words that stand around what is dictated, and are no part of it."""

_TALK = {
    "fr": "je j ne n vous nous on tu pas quoi pourquoi comment merci accord revoir allo rien laissez mari femme "
    "beaucoup hmm hm pardon desole meme",
    "en": "i you we they he she not don didn can what why how thanks thank bye goodbye hello nothing sorry hmm hm same",
}
TALK: dict[Language, frozenset[str]] = {"fr": frozenset(listed(_TALK["fr"])), "en": frozenset(listed(_TALK["en"]))}
"""Folded words of somebody who talks and does not dictate, unless much of what follows is letters or digits."""

DONE: dict[Language, tuple[str, ...]] = {
    "fr": (
        "c est tout",
        "voila",
        "c est fini",
        "termine",
        "c est bon",
        "point final",
        "rien d autre",
        "non c est tout",
    ),
    "en": ("that s it", "that s all", "that is all", "that is it", "done", "finished", "nothing else", "the end"),
}
"""With these the caller says that nothing more comes."""


@dataclass(frozen=True, slots=True)
class Result:
    """`value`: what was dictated, "" until it is whole. `so_far`: as far as it was heard, for the agent to say.

    `settled`: the value if nothing more comes. `wrong`: what was heard can never become one (a digit too many).
    """

    value: str = ""
    so_far: str = ""
    settled: str = ""
    wrong: bool = False


def talks(words: list[str], language: Language) -> bool:
    """One of `words` is of those with which people talk to each other."""
    return any(part in TALK[language] for word in words for part in fold(word).split())


def content(words: list[str], language: Language) -> list[str]:
    """Of `words`, those that are not said around anything."""
    plain = [part for word in words for part in fold(word).split()]
    return [word for word in plain if word not in FILLERS[language]]
