"""What an agent may not say in its calls, nor do after them: looked for in its file, pure.

C. conso L221-16 (nothing is concluded in the call), CPCE L34-5 (how to have the calls stop), C. conso L223-8 (no
messages in sectors that may not canvass), C. ass. L112-2-2 (cold calls for insurance): `rules/conduct.toml`.
"""

from __future__ import annotations

import re
from datetime import datetime

from compliance.law.disclosure import Missing
from compliance.law.rulebook import Rule, rulebook

_STOP = {
    "fr": re.compile(
        r"\bne plus\b[^.?!]{0,40}\b(?:appel|recevoir|sollicit|démarch|contact)|\bvous (?:y )?opposer\b", re.I
    ),
    "en": re.compile(r"\b(?:stop|no more|not|end)\b[^.?!]{0,40}\b(?:call|contact)|\bopt out\b|\bobject\b", re.I),
}
_CONTACT = re.compile(
    r"\d(?:[ .]?\d){3,}|@|\barobase\b|\bpoint fr\b|\bwww\b|\bce (?:même )?numéro\b|\bthis number\b",
    re.I,
)
"""Where one can ask, also from a message on a voice mailbox: a number (the one shown is called back), an address."""
_CONCLUDED = {
    "fr": re.compile(
        r"\b(?:commande|contrat|souscription|abonnement|achat|vente)\b[^.?!]{0,30}"
        r"\b(?:est|a été|sera)\b[^.?!]{0,20}\b(?:conclu|confirmé|enregistré|validé|signé|souscrit|accepté)"
        r"|\bje (?:valide|confirme|enregistre|prends) (?:donc )?votre (?:commande|contrat|souscription|abonnement)"
        r"|\bvous êtes (?:désormais|maintenant|à présent) (?:engagé|abonné|assuré|client)"
        r"|\bacceptez-vous (?:cette offre|l['’]offre|le contrat|ce contrat|de souscrire)"
        r"|\bnuméro de (?:votre )?carte (?:bancaire|bleue|de crédit)",
        re.I,
    ),
    "en": re.compile(
        r"\b(?:order|contract|subscription|purchase|sale)\b[^.?!]{0,30}"
        r"\b(?:is|has been|was|will be)\b[^.?!]{0,20}\b(?:concluded|confirmed|placed|signed|accepted|registered)"
        r"|\bI(?:['’]ll| will)? (?:confirm|place|register|take) your (?:order|contract|subscription|purchase)"
        r"|\byou are now (?:bound|subscribed|insured|a customer)"
        r"|\bdo you accept (?:this|the) (?:offer|contract)|\byour (?:credit|bank) card number",
        re.I,
    ),
}


def untold(opening: str, *, language: str, purpose: str, sector: str | None) -> list[Missing]:
    """What forbids an agent to canvass with this opening; empty for other purposes. An AI counts as an automate."""
    if purpose != "canvassing":
        return []
    found: list[Missing] = []
    if not (_STOP[_known(language)].search(opening) and _CONTACT.search(opening)):
        what = "the opening does not say whom to ask, free of charge, to have such calls stop"
        found.append(Missing("opt_out", rulebook().latest("C18").reference, what))
    rule = rulebook().latest("I1")
    if sector in rule.parameters["sectors"]:
        terms = f"{rule.parameters['signed_months']} months once signed, {rule.parameters['unsigned_months']} otherwise"
        what = f"recordings of cold calls for insurance are kept {terms}: not supported, a person must call"
        found.append(Missing("insurance", rule.reference, what))
    return found


def concluded(text: str, language: str, purpose: str) -> str:
    """The words by which a contract would be concluded in a canvassing call (C17); empty where there are none."""
    told = _CONCLUDED[_known(language)].search(text) if purpose == "canvassing" else None
    return told.group() if told else ""


def message_forbidden(at: datetime, *, party: str, purpose: str, sector: str | None) -> Rule | None:
    """The rule that forbids an SMS, an e-mail or the like to follow a call at an instant (C19), or None."""
    rule = rulebook().covering(at, party, purpose).get("C19")
    return rule if rule is not None and sector in rule.parameters["sectors"] else None


def _known(language: str) -> str:
    return "en" if language.lower().startswith("en") else "fr"
