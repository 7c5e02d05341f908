"""A decision said as a person would say it, in French or English, with the article and its first day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from compliance.engine import Decision
from compliance.rulebook import Rule

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
    lines = [("Appel refusé : " if lang == "fr" else "The call is refused: ") + "; ".join(why) + "."]
    lines += [f"- {_rule(rule, lang)}" for rule in decision.rules]
    if decision.next_allowed_at is not None:
        lines.append(_later(decision.next_allowed_at, lang))
    return "\n".join(lines)


def short(decision: Decision, lang: Lang) -> str:
    """The answer in one sentence, with its articles."""
    first = explain(decision, lang).splitlines()[0]
    return first if decision.allowed else f"{first.rstrip('.')} ({', '.join(decision.law)})."


def _rule(rule: Rule, lang: Lang) -> str:
    text = rule.fr if lang == "fr" else rule.en
    return f"{text} [{rule.reference}{_since(rule, lang)}]"


def _since(rule: Rule, lang: Lang) -> str:
    if rule.first is None:
        return ""
    if rule.last is not None:
        if lang == "fr":
            return f", du {_day(rule.first, lang)} au {_day(rule.last, lang)}"
        return f", from {_day(rule.first, lang)} to {_day(rule.last, lang)}"
    return (", depuis le " if lang == "fr" else ", since ") + _day(rule.first, lang)


def _day(day: date, lang: Lang) -> str:
    if lang == "fr":
        return f"{'1er' if day.day == 1 else day.day} {_MONTHS_FR[day.month - 1]} {day.year}"
    return f"{day.day} {day:%B} {day.year}"


def _later(at: datetime, lang: Lang) -> str:
    if lang == "fr":
        clock = f"{at.hour} h" + (f" {at.minute:02d}" if at.minute else "")
        day = f"{_DAYS_FR[at.weekday()]} {_day(at.date(), lang)}"
        return f"Possible à partir du {day} à {clock} (heure de la personne appelée)."
    return f"Possible from {at:%A} {_day(at.date(), lang)} at {at:%H:%M} (the called person's time)."
