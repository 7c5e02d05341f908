"""Numbers, sums, instants and outcomes as a reader in France writes them. Pure."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

THIN, NBSP = "\u202f", "\u00a0"

DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
LONG_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
LONG_MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
               "novembre", "décembre")  # fmt: skip

OUTCOMES = {
    "answered": "répondu", "done": "terminé", "booked": "rendez-vous pris", "transferred": "transféré",
    "message": "message laissé", "busy": "occupé", "no_answer": "sans réponse", "refused": "refusé",
    "unavailable": "injoignable", "unallocated": "numéro non attribué", "congestion": "réseau saturé",
    "abandoned": "abandonné", "failed": "échoué", "lost": "interrompu",
    "max_duration": "durée maximale",
    "credit": "crédit épuisé", "engine_failed": "panne, transféré ou excusé", "silence": "silence de l'appelant",
    "blocked": "bloqué", "machine": "répondeur", "screening": "filtrage d'appel", "fax": "télécopieur",
    "media_lost": "son perdu", "full": "saturé", "not_taken": "décroché, appel non pris",
    "diverted": "renvoyé", "returned": "revenu", "no_agent": "aucun agent en service", "imported": "importé",
    "outbound_blocked": "appels sortants bloqués", "balance_too_low": "crédit insuffisant",
    "no_price": "aucun tarif pour ce numéro", "not_dialled": "numéro non autorisé",
}  # fmt: skip

ACTIONS = {
    "transfer": "transfert vers une personne", "book": "prise de rendez-vous", "cancel": "annulation de rendez-vous",
    "message": "message pris", "opt_out": "opposition enregistrée", "hangup": "fin de l'appel",
    "webhook": "votre système", "resumed": "reprise après une coupure",
    "dtmf": "touches du téléphone", "record": "enregistrement", "language": "changement de langue",
    "answering": "qui a décroché",
    "reschedule": "déplacement de rendez-vous",
}  # fmt: skip

RESULTS = {
    "done": "fait", "failed": "échoué", "taken": "créneau pris", "transferring": "en cours", "answered": "décroché",
    "busy": "occupé", "no_answer": "sans réponse", "refused": "refusé", "unavailable": "injoignable",
    "returned": "revenu",
    "closed": "fermé", "switching": "fait", "abandoned": "abandonné", "unknown_number": "numéro inconnu",
    "machine": "un répondeur", "screening": "un assistant de filtrage", "menu": "un serveur vocal",
    "fax": "un télécopieur", "human": "une personne",
    "to_confirm": "à confirmer", "nobody": "une annonce de l'opérateur", "not_taken": "décroché, appel non pris",
}  # fmt: skip


def phone(number: str) -> str:
    """+33612345678 → 06 12 34 56 78; another country's keeps its code; "" → numéro masqué."""
    if not number:
        return "numéro masqué"
    if number.startswith("+33") and len(number) == 12:
        plain = "0" + number[3:]
        return NBSP.join(plain[i : i + 2] for i in range(0, 10, 2))
    return number


def masked(number: str) -> str:
    """A number without its middle: enough to tell two calls apart, too little to call."""
    if len(number) < 6:
        return number and "••"
    return f"{number[:4]}••••{number[-2:]}"


def masked_phone(number: str) -> str:
    """As `phone` writes it, without the middle."""
    if number.startswith("+33") and len(number) == 12:
        return NBSP.join(["0" + number[3], "••", "••", "••", number[-2:]])
    return masked(number) or "numéro masqué"


def euros(micros: int | None, currency: str | None = "EUR", digits: int = 4) -> str:
    """Micro-euros with so many decimals: 0,0960 €; without a price: sans prix."""
    if micros is None:
        return "sans prix"
    scale = 10 ** (6 - digits)
    rounded = (abs(micros) + scale // 2) // scale
    whole, rest = divmod(rounded, 10**digits)
    sign = "\u2212" if micros < 0 else ""
    return f"{sign}{_grouped(whole)},{rest:0{digits}d}{NBSP}{_sign(currency)}"


def cents(amount: int, currency: str | None = "EUR") -> str:
    """Cents: 1 234,56 €."""
    sign = "\u2212" if amount < 0 else ""
    return f"{sign}{_grouped(abs(amount) // 100)},{abs(amount) % 100:02d}{NBSP}{_sign(currency)}"


def _grouped(whole: int) -> str:
    return f"{whole:,}".replace(",", THIN)


def _sign(currency: str | None) -> str:
    return "€" if currency in (None, "EUR") else str(currency)


def duration(seconds: float) -> str:
    """1 min 48 s."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{NBSP}s"
    if whole < 3600:
        return f"{whole // 60}{NBSP}min{NBSP}{whole % 60:02d}{NBSP}s"
    return f"{whole // 3600}{NBSP}h{NBSP}{whole % 3600 // 60:02d}{NBSP}min"


def minute(ms: int) -> str:
    """Milliseconds from the answer: 1:04."""
    return f"{ms // 60_000}:{ms // 1000 % 60:02d}"


def tenths(ms: int) -> str:
    """Milliseconds as seconds: 4,2 s."""
    return f"{ms / 1000:.1f}".replace(".", ",") + f"{NBSP}s"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """10 h 42, there."""
    here = at.astimezone(zone)
    return f"{here.hour}{NBSP}h{NBSP}{here.minute:02d}"


def day(at: datetime | date, zone: ZoneInfo) -> str:
    """ven. 27 nov., there; the year where it is not clear."""
    here = at.astimezone(zone).date() if isinstance(at, datetime) else at
    return f"{DAYS[here.weekday()]} {here.day} {MONTHS[here.month - 1]}"


def long_day(at: datetime | date, zone: ZoneInfo) -> str:
    """vendredi 27 novembre 2026, there."""
    here = at.astimezone(zone).date() if isinstance(at, datetime) else at
    first = "1er" if here.day == 1 else str(here.day)
    return f"{LONG_DAYS[here.weekday()]} {first} {LONG_MONTHS[here.month - 1]} {here.year}"


def short_date(at: date) -> str:
    """27/11/2026."""
    return f"{at:%d/%m/%Y}"


def month(of: date) -> str:
    """novembre 2026."""
    return f"{LONG_MONTHS[of.month - 1]} {of.year}"


def outcome(code: str) -> str:
    """How a call ended, in words."""
    return OUTCOMES.get(code, code.replace("_", " "))


def action(name: str) -> str:
    """What an agent did, in words."""
    return ACTIONS.get(name, name.replace("_", " "))


def result(code: str) -> str:
    """What came of it, in words."""
    return RESULTS.get(code, code.replace("_", " "))


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
            ("Linux", "Linux"))  # fmt: skip


def browser(agent: str) -> str:
    """What a browser calls itself, in two words; whole where it is no browser we know."""
    name = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{name} sur {system}" if name and system else agent[:60] or "inconnu"
