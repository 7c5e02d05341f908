"""A decision said as a person would say it, in French or English, with the article and its first day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from compliance.law.cases import Case
from compliance.law.engine import DEFAULT, Decision, Switches, decide
from compliance.law.numbers import read
from compliance.law.places import plausible
from compliance.law.rulebook import PARIS, Rule, rulebook

Lang = Literal["fr", "en"]

_REASONS = {
    "invalid_number": ("ce numéro n'est pas possible", "this number is not a possible one"),
    "emergency_number": ("c'est un numéro d'urgence ou d'assistance", "it is an emergency or social number"),
    "premium_number": ("c'est un numéro surtaxé", "it is a premium-rate number"),
    "weekend": ("c'est le week-end", "it is the weekend"),
    "public_holiday": ("c'est un jour férié", "it is a public holiday"),
    "outside_hours": ("ce n'est pas une heure permise", "it is outside the lawful hours"),
    "frequency_cap": ("cette personne a déjà été appelée trop souvent", "this person was called too often already"),
    "refused_recently": ("cette personne a refusé récemment", "this person refused recently"),
    "opposed": ("cette personne s'est opposée à ces appels", "this person objected to such calls"),
    "no_consent": ("cette personne n'a pas donné son consentement", "this person gave no consent"),
    "consent_expired": ("le consentement a expiré", "the consent has expired"),
    "consent_withdrawn": ("le consentement a été retiré", "the consent was withdrawn"),
    "banned_sector": ("le démarchage est interdit dans ce secteur", "such calls are forbidden in this sector"),
    "no_request": ("cette personne n'a pas demandé à être rappelée", "this person did not ask to be called back"),
    "bloctel_listed": ("cette personne est inscrite à Bloctel", "this person is on the Bloctel list"),
    "bloctel_unchecked": ("Bloctel n'a pas été consulté à temps", "Bloctel was not consulted in time"),
    "caller_id_masked": ("aucun numéro ne serait affiché", "no number would be shown"),
    "caller_id_forbidden": ("ce numéro ne peut pas être affiché", "this number may not be shown"),
    "caller_id_mobile": ("un numéro mobile ne peut pas être affiché", "a mobile number may not be shown"),
    "caller_id_not_npv": (
        "le numéro affiché n'est pas un numéro polyvalent vérifié",
        "the number shown is not a verified polyvalent number",
    ),
    "caller_id_premium": ("le numéro affiché est surtaxé", "the number shown is a premium one"),
    "concluded_orally": ("rien ne se conclut pendant l'appel", "nothing is concluded in the call"),
    "opt_out_untold": ("il n'est pas dit comment ne plus être appelé", "how to have the calls stop is not said"),
    "message_forbidden": ("aucun message de prospection dans ce secteur", "no prospecting message in this sector"),
    "insurance_cold_call": (
        "les enregistrements du démarchage en assurance ont leurs propres durées",
        "recordings of cold calls for insurance have terms of their own",
    ),
    "caller_id_unassigned": (
        "ce numéro n'est pas attribué à ce client, ou la preuve est à revérifier",
        "this number is not assigned to this client, or its proof is due for a check",
    ),
    "unknown_location": (
        "on ne sait pas où est la personne, et l'heure n'est pas permise partout où elle peut être",
        "where the person is is not known, and the hour is not lawful everywhere they may be",
    ),
}
_MONTHS_FR = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
              "octobre", "novembre", "décembre")  # fmt: skip
_DAYS_FR = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def explain(decision: Decision, lang: Lang = "fr") -> str:
    """One sentence for the answer, one line for each rule behind it, one for when it becomes possible."""
    if decision.allowed:
        return "Appel permis." if lang == "fr" else "The call is allowed."
    column = 0 if lang == "fr" else 1
    why = [_REASONS[reason][column] for reason in decision.reasons]
    lines = [
        ("Appel refusé : " if lang == "fr" else "The call is refused: ")
        + (" ; " if lang == "fr" else "; ").join(why)
        + "."
    ]
    lines += [f"- {_rule(rule, lang)}" for rule in decision.rules]
    if decision.next_allowed_at is not None:
        lines.append(_later(decision.next_allowed_at, lang))
    else:
        lines.append("Attendre n'y changera rien." if lang == "fr" else "Waiting alone will not change that.")
    return "\n".join(lines)


def explain_case(case: Case, lang: Lang = "fr", switches: Switches = DEFAULT) -> str:
    """The whole answer for one case: what was asked, the decision, the rules with their articles and dates."""
    decision = decide(case, switches)
    lines = [_question(case, lang), explain(decision, lang)]
    if decision.allowed:
        lines.append("Règles respectées :" if lang == "fr" else "Rules it keeps:")
        lines += [f"- {_rule(rule, lang)}" for rule in _kept(case, switches)]
    return "\n".join(lines)


_HELD_ELSEWHERE = frozenset({"W2c", "N10", "T1", "C17", "C18", "C19", "I1"})
"""Rules that no allowed call was held to: they are about what is known, or about an agent's file."""


def _kept(case: Case, switches: Switches) -> list[Rule]:
    """The rules an allowed call was held to, leaving out those about something else."""
    return [
        rule
        for rule in rulebook().covering(case.at, case.party, case.purpose).values()
        if (not (sectors := rule.parameters.get("sectors")) or case.sector in sectors)
        and getattr(switches, rule.parameters.get("switch", ""), True)
        and (case.automated or rule.id not in ("N1", "N4"))
        and rule.id not in _HELD_ELSEWHERE
    ]


_PURPOSES = {
    "canvassing": ("démarchage", "canvassing"),
    "contract": ("contrat en cours", "a contract in progress"),
    "callback": ("rappel demandé", "a call back that was asked for"),
    "press": ("presse", "press"),
    "service": ("service", "service"),
}


def _question(case: Case, lang: Lang) -> str:
    number = read(case.to)
    places = plausible(number, case.postcode) if number else ()
    here = case.at.astimezone(places[0].zone if places else PARIS)
    where = " / ".join(str(place.zone) for place in places[:3]) or "Europe/Paris"
    purpose = _PURPOSES[case.purpose][0 if lang == "fr" else 1]
    if lang == "fr":
        who = "consommateur" if case.party == "consumer" else "professionnel"
        return f"Appeler le {case.to} ({who}, {purpose}) le {_instant(here, lang)} ({where}) :"
    return f"To call {case.to} ({case.party}, {purpose}) on {_instant(here, lang)} ({where}):"


def short(decision: Decision, lang: Lang) -> str:
    """The answer in one sentence, with its articles."""
    first = explain(decision, lang).splitlines()[0]
    return first if decision.allowed else f"{first.rstrip('.')} ({', '.join(decision.law)})."


def _rule(rule: Rule, lang: Lang) -> str:
    text = rule.fr if lang == "fr" else rule.en
    return f"{text} [{rule.reference}{_since(rule, lang)}]"


def _since(rule: Rule, lang: Lang) -> str:
    """The day the rule began; where it was rewritten since, that day too; where it ended, its last."""
    fr = lang == "fr"
    began = rulebook().began(rule)
    if rule.first is None or began is None:
        return ", sans date de début dans nos sources" if fr else ", no first day in our sources"
    if rule.last is not None:
        first, last = _day(began, lang), _day(rule.last, lang)
        return f", du {first} au {last}" if fr else f", from {first} to {last}"
    since = (", depuis le " if fr else ", since ") + _day(began, lang)
    if began == rule.first:
        return since
    return since + (", réécrit le " if fr else ", rewritten on ") + _day(rule.first, lang)


def _day(day: date, lang: Lang) -> str:
    if lang == "fr":
        return f"{'1er' if day.day == 1 else day.day} {_MONTHS_FR[day.month - 1]} {day.year}"
    return f"{day.day} {day:%B} {day.year}"


def _instant(at: datetime, lang: Lang) -> str:
    if lang == "fr":
        clock = f"{at.hour} h" + (f" {at.minute:02d}" if at.minute else "")
        return f"{_DAYS_FR[at.weekday()]} {_day(at.date(), lang)} à {clock}"
    return f"{at:%A} {_day(at.date(), lang)} at {at:%H:%M}"


def _later(at: datetime, lang: Lang) -> str:
    if lang == "fr":
        return f"Possible à partir du {_instant(at, lang)} (heure de la personne appelée)."
    return f"Possible from {_instant(at, lang)} (the called person's time)."
