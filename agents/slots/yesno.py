# ruff: noqa: E501 (tables read better whole)
"""Yes and no in the forms people use on the telephone."""

from __future__ import annotations

import re
from typing import Literal

from agents.slots.text import Language

YesNo = Literal["yes", "no"]

# The longest phrase found decides, then the earliest: "non non c'est bon" is a yes, "bien sûr que non" a no.
_YES = {
    "fr": (
        "oui", "ouais", "ouai", "mouais", "ui", "voui", "yes", "ok", "okay", "oké", "d accord", "dac", "tout a fait",
        "exactement", "exact", "absolument", "parfaitement", "parfait", "voila", "c est ca", "c est bien ca",
        "c est bien cela", "c est cela", "c est exact", "c est correct", "c est juste", "c est bon", "c est parfait",
        "c est note", "ca me va", "ca me convient", "ca me conviendrait", "ca ira", "ca marche", "ca roule", "ca va",
        "tres bien", "bien sur", "bien entendu", "evidemment", "effectivement", "en effet", "affirmatif", "volontiers",
        "avec plaisir", "pourquoi pas", "pas de probleme", "aucun probleme", "sans probleme", "pas de souci",
        "pas de soucis", "aucun souci", "je confirme", "je vous confirme", "je valide", "j accepte", "impeccable",
        "nickel", "entendu", "si", "si si", "je veux bien", "je viendrai", "je viens", "je serai la", "j y serai",
        "je serai present", "je serai presente", "je suis d accord", "je le suis", "non non c est bon",
        "non c est parfait", "non c est bon", "c est moi", "c est moi meme", "lui meme", "elle meme", "allez y",
        "on y va", "super", "carrement", "certainement", "je pense que oui", "ca serait bien", "ce serait bien",
        "c est possible pour moi", "je peux venir", "je suis disponible", "je suis libre",
    ),
    "en": (
        "yes", "yeah", "yep", "yup", "yes please", "sure", "of course", "certainly", "absolutely", "definitely",
        "exactly", "correct", "right", "that s right", "that is right", "that s correct", "that is correct", "that s it",
        "ok", "okay", "alright", "all right", "fine", "that s fine", "that is fine", "sounds good", "sounds great",
        "perfect", "great", "lovely", "brilliant", "go ahead", "please do", "i agree", "i confirm", "i do", "i will",
        "i ll be there", "i will be there", "i can make it", "i can", "no problem", "not a problem", "why not",
        "speaking", "this is he", "this is she", "it is", "that works", "works for me", "uh huh", "mm hmm", "mhm",
        "i think so", "i am", "i d love to", "good",
    ),
}  # fmt: skip
_NO = {
    "fr": (
        "non", "nan", "nope", "no", "non merci", "pas du tout", "pas vraiment", "surtout pas", "certainement pas",
        "absolument pas", "bien sur que non", "je ne crois pas", "je crois pas", "je ne pense pas", "je pense pas",
        "je pense que non", "c est pas ca", "ce n est pas ca", "ce n est pas cela", "c est pas bon", "ce n est pas bon",
        "c est faux", "c est inexact", "c est pas exact", "ce n est pas exact", "ce n est pas correct", "pas exactement",
        "pas tout a fait", "c est une erreur", "vous vous trompez", "erreur", "negatif", "jamais", "jamais de la vie",
        "je refuse", "je ne veux pas", "je veux pas", "je ne souhaite pas", "je ne confirme pas", "je confirme pas",
        "je suis pas d accord", "je ne suis pas d accord", "pas d accord", "ca ne va pas", "ca va pas", "ca me va pas",
        "ca ne me va pas", "ca ne me convient pas", "ca me convient pas", "ca marche pas", "ca ne marche pas",
        "je ne peux pas", "je peux pas", "je ne pourrai pas", "je pourrai pas", "je ne viendrai pas", "je viendrai pas",
        "je ne serai pas la", "je serai pas la", "impossible", "c est pas possible", "ce n est pas possible",
        "c est tout", "ce sera tout", "ca sera tout", "c est tout merci", "rien d autre", "rien", "rien merci", "merci c est tout",
        "pas aujourd hui", "pas pour le moment", "pas maintenant", "pas la peine", "ca ira merci", "non ca ira",
        "non merci ca ira", "aucun", "aucune", "je suis pas disponible", "je ne suis pas disponible", "pas moi",
        "ce n est pas moi", "c est pas moi",
    ),
    "en": (
        "no", "nope", "nah", "no thanks", "no thank you", "not at all", "not really", "not quite", "not exactly",
        "of course not", "certainly not", "absolutely not", "definitely not", "i don t think so", "i do not think so",
        "that s wrong", "that is wrong", "that s not right", "that is not right", "that s not correct", "incorrect",
        "wrong", "not correct", "not right", "never", "i refuse", "i don t want", "i do not want", "i don t agree",
        "i can t", "i cannot", "i can not", "i can t make it", "i won t", "i won t be there", "i will not",
        "i m not", "that doesn t work", "doesn t work", "impossible", "that s all", "that is all", "that ll be all",
        "that will be all", "nothing else", "nothing", "i m good", "i m fine", "i m all set", "not today", "not now",
        "that s not me", "not me", "negative", "not okay", "not ok", "not fine", "no i m good",
    ),
}  # fmt: skip


_IF = re.compile(
    r"\bsi (?=(?:vous|tu|on|je|j|il|ils|elle|elles|c|ca|ce|le|la|les|l|mon|ma|mes|un|une|possible|jamais|besoin|y)\b)"
)
"""Not the yes: "jeudi, si vous avez"."""


def find_yes_no(text: str, language: Language) -> YesNo | None:
    """Yes, no, or neither, in the folded `text`."""
    text = _IF.sub("", text) if language == "fr" else text
    found = [(len(p), -at, "yes") for p in _YES[language] if (at := _at(p, text)) >= 0]
    found += [(len(p), -at, "no") for p in _NO[language] if (at := _at(p, text)) >= 0]
    if not found:
        return None
    first = re.match(r"(?:euh |ah |eh |bah |ben |well |um |uh )*(oui|ouais|non|nan|yes|yeah|no|nope)\b", text)
    if first and not any(length > 8 for length, _, _ in found):
        return "no" if first[1] in ("non", "nan", "no", "nope") else "yes"
    return "yes" if max(found)[2] == "yes" else "no"


def plainly(text: str, language: Language) -> YesNo | None:
    """The same where it is what the sentence says: it begins it, or the sentence has few words."""
    said = find_yes_no(text, language)
    return said if said and (len(text.split()) <= _FEW or _opens(text, language)) else None


_FEW = 5


def _opens(text: str, language: Language) -> bool:
    rest = re.sub(r"^(?:(?:euh|ah|eh|bah|ben|bon|alors|well|um|uh|oh) )+", "", text)
    return any(re.match(rf"{re.escape(phrase)}\b", rest) for phrase in (*_YES[language], *_NO[language]))


def _at(phrase: str, text: str) -> int:
    match = re.search(rf"(?<![a-z0-9]){re.escape(phrase)}(?![a-z0-9])", text)
    return match.start() if match else -1
