"""The twelve whom the demonstration's campaign may call: what each says when they are rung. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["person", "machine", "assistant", "busy"]
WHO: dict[Kind, str] = {
    "person": "a person", "machine": "an answering machine", "assistant": "a call screener", "busy": "a busy line",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Somebody:
    """One row of the client's file, and who answers. `says`: in order, each once the agent has fallen silent; the first
    at once. `ends`: what the campaign must know of them afterwards."""

    phone: str
    name: str
    company: str
    says: tuple[str, ...] = ()
    kind: Kind = "person"
    business: bool = True
    ends: str = "answered"


HELLO, YES, NO_THANKS = "Allô, bonjour.", "Oui, c'est bien ça.", "Non merci, ça ne m'intéresse pas."
CROWD = (
    Somebody("caller1", "Karim Morel", "Garage Morel",
             (HELLO, YES, "Oui, je veux bien.", "Demain à dix heures.", "Oui, c'est ça."), ends="callback"),
    Somebody("caller2", "Anne Petit", "Boulangerie Petit", ("Allô ?", YES, NO_THANKS)),
    Somebody("caller3", "Julie Blanc", "Fleurs Jasmin",
             ("Bonjour, vous êtes bien sur la messagerie de Julie Blanc. Laissez-moi un message après le bip.",),
             "machine", ends="machine"),
    Somebody("caller4", "Paul Roux", "Cabinet Roux",
             ("Votre correspondant n'est pas joignable. Veuillez laisser votre message après le signal.",),
             "machine", ends="machine"),
    Somebody("caller5", "Nadia Faure", "Atelier Faure",
             ("Bonjour, cet appel est filtré. Merci d'indiquer votre nom et la raison de votre appel.",
              "Allô ?", YES, NO_THANKS), "assistant"),
    Somebody("caller6", "Luc Girard", "Optique Girard", kind="busy", ends="busy"),
    Somebody("caller7", "Inès Colin", "Salon Colin", ("Allô ?", "Ne m'appelez plus jamais."), ends="refused"),
    Somebody("caller8", "Marc Dubois", "Marc Dubois", business=False, ends="refused_by_law"),
    Somebody("caller9", "Éric Noël", "Menuiserie Noël", ("Allô ?", "Ah non, vous vous trompez."), ends="wrong_person"),
    Somebody("caller10", "Zoé Lambert", "Librairie Lambert", ("Oui, allô ?", YES, NO_THANKS)),
    Somebody("caller11", "Hugo Marin", "Traiteur Marin", (HELLO, YES, NO_THANKS)),
    Somebody("caller12", "Lina Perez", "Pressing Perez", ("Allô ?", YES, "C'est combien ?", NO_THANKS)),
)  # fmt: skip
"""People by several voices, two machines, an assistant that screens calls, a busy line, one who asks never to be called
again, one the file has wrong, and one who is no company and has agreed to nothing."""


def table(numbers: dict[str, str]) -> str:
    """The client's file, as a spreadsheet in France saves it. `numbers`: phone → its number."""
    rows = [f"{numbers[one.phone]};{one.name};{one.company};{'professionnel' if one.business else 'particulier'}"
            for one in CROWD]  # fmt: skip
    return "\n".join(["Téléphone;Nom complet;Enseigne;Type de client", *rows]) + "\n"
