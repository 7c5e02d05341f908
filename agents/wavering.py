# ruff: noqa: E501 (tables read better whole)
"""The words with which a caller changes their mind: gives up what was begun, cancels, wants something else. Pure.

All of it reads folded text (`slots/text.py`). What only sounds like it ("j'annule ma réunion pour venir", "je voulais
annuler mais finalement non") is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from agents.slots.text import Language

GivenUp = Literal["", "plain", "asked"]
"""`plain`: said in so many words; `asked`: it may be meant, and is asked."""

_THING = (
    r"(?:rendez vous|rdv|reservation|reserver|table|creneau|commande|commander|place|visite|consultation|seance|cours)"
)
_DAYS = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain|midi|\d)"
_OPENS = r"^(?:(?:non|ah|oh|euh|bon|ben|bah|mais|alors|oui|finalement|en fait|merci|pardon|desolee?|ecoutez|attendez|excusez moi|plutot|donc) )*"
_PLAIN: dict[Language, tuple[str, ...]] = {
    "fr": (
        rf"(?<!ai )(?<!a )(?<!avais )(?<!avait )\blaisse[zr]? (?:donc |plutot |tout )?tomber\b(?! (?:pour |le |la )?{_DAYS})(?! (?:mon|ma|mes|un|une|des) )(?! (?:le|la|les|l) (?!rendez|rdv|demande|reserv|command|affaire|idee))",
        r"(?<!n )\boubliez(?: (?:ca|cela|tout(?: ca)?|moi|ma demande|mon appel|le rendez vous|la reservation|cette histoire|l idee))?(?=$| (?:je|c est|on|merci|alors|finalement|s il|non|pas grave|tant pis|madame|monsieur|au revoir)\b)",
        r"(?<!ai )\boublie (?:ca|tout(?: ca)?|ma demande|le rendez vous)\b",
        rf"{_OPENS}laissez(?: (?:ca|merci|va|donc|c est (?:pas grave|bon)|tant pis|je (?:rappellerai|verrai)))*$",
        rf"\b(?:veux|souhaite|desire|voudrais) (?:finalement )?plus (?:prendre |avoir |faire )?(?:de |d |du |le |la |un |une |ce |cette )?{_THING}\b",
        r"\b(?:n )?en (?:veux|ai) (?:finalement )?plus(?: besoin)?\b",
        rf"\bplus besoin(?: (?:de |d |du )?(?:{_THING}|rien|tout ca|ca))?(?: (?:merci|finalement))?$",
        r"\b(?:pas|plus) la peine(?= (?:merci|finalement|alors|je|on|c est|tant)\b|$)",
        r"\b(?:on arrete|j arrete|arretons|arretez) (?:tout|la|ca)\b(?! (?:de|d)\b)",
        r"\b(?:j abandonne|on abandonne|je renonce)(?! (?:a|au) (?!tout\b|l idee\b))\b",
    ),
    "en": (
        r"\bnever ?mind\b(?! (?:that|the|about|if|what|me))",
        r"(?<!don t )(?<!not )(?<!t )\bforget (?:it|about it|about the (?:appointment|booking)|the (?:appointment|booking|whole thing))\b(?! (?:was|is|s))",
        r"\b(?:drop it|scrap (?:that|it)|don t bother|do not bother)\b",
        r"^(?:(?:no|oh|um|well|actually|ok|okay|just|sorry|let s) )*leave it(?: (?:then|there|for now|thanks|thank you|please))*$",
        r"\b(?:don t|do not|no longer) (?:want|need) (?:an |the |any |that )?(?:appointment|booking|reservation|table|slot)(?: any ?more| after all| now)?$",
        r"\b(?:don t|do not) (?:want|need) (?:it|one|that) any ?more\b|\bno longer (?:want|need) (?:it|one|that)\b",
    ),
}  # fmt: skip
_LATER: dict[Language, str] = {
    "fr": (
        r"\b(?:je|on) (?:vous )?(?:rappellerai|rappellera|reessaierai|retenterai)(?: (?:plus tard|demain|une autre fois|un autre jour|la semaine prochaine|apres|ce soir|lundi|mardi|mercredi|jeudi|vendredi|ulterieurement|moi meme|merci|au revoir|quand (?:j|je|on|ce) .+|si .+))*$"
        r"|\b(?:je|on) (?:vais |va )?(?:vous )?(?:rappeler|rappelle|reessayer|reessaie|retenter) (?:plus tard|une autre fois|un autre jour|demain|ulterieurement|un de ces jours)\b"
        r"|\b(?:je|on) (?:verra|verrai|vais voir|va voir) (?:ca )?(?:plus tard|une autre fois|un autre jour|ailleurs)\b"
    ),
    "en": (
        r"\bi ?(?:ll|will) (?:call|ring|phone|try) (?:you )?(?:back|again)(?: (?:later|tomorrow|another time|another day|some other time|next week|instead|thanks|thank you|when .+))*$"
        r"|\bi ?(?:ll|will) (?:call|try|leave it) (?:for )?(?:another time|some other time|another day)\b"
    ),
}
"""… and that they will call again: a day beside it is no answer."""
_ASKED: dict[Language, str] = {
    "fr": (
        rf"\btant pis\b(?! (?:pour )?(?:le |la )?{_DAYS})"
        r"|\b(?:finalement|en fait|au final|tout compte fait|reflexion faite)(?: (?:bon|bah|ben))? (?:non|rien|pas)(?: (?:merci|non|rien|c est bon|pas aujourd hui))*$"
        r"|^(?:(?:ah|euh|oh|bon) )*(?:non )+(?:finalement|en fait|rien)(?: (?:non|rien|merci|finalement))*$"
        r"|^rien(?: finalement| merci| du tout)?$"
        r"|\bje (?:vais|prefere|voudrais|dois|veux) (?:encore |y |d abord |quand meme )?(?:reflechir|me decider|en parler)\b(?! (?:un instant|une (?:minute|seconde)|deux|trente))"
        r"|\bj ai change d avis$|\bchange d avis (?:je|merci|finalement|non)\b"
        r"|\bne (?:faites|notez) rien\b"
    ),
    "en": (
        r"\bi(?: ve| have)? changed my mind$|\b(?:think (?:about it|it over)|sleep on it)(?: first)?$"
        r"|\bactually (?:no|not)(?: (?:thanks|thank you|now|today))*$|^no actually$"
    ),
}
_KEEPS: dict[Language, str] = {
    "fr": (
        r"\b(?:je|on) (?:vais |prefere |veux |voudrais )?(?:le |la |les )?(?:garde|garder|maintiens|maintenir|conserve|conserver)(?= (?:mon|le|ce|mes|la|ma) (?:rendez|rdv|reserv|creneau|mien)|$| (?:finalement|quand meme|comme|tel|plutot|merci))"
        r"|\bn annulez (?:pas|plus|rien)\b|\bne (?:l |les )?annulez (?:pas|plus|rien)\b|\bj annule (?:pas|plus)\b"
        r"|\bne (?:le |la |les )?(?:changez|deplacez|touchez|bougez) (?:rien|pas|plus)\b|\b(?:on|je) (?:ne )?(?:change|touche|bouge) (?:a )?(?:plus )?rien\b"
        r"|\blaissez(?: le| la)? comme (?:ca|c est|il est|elle est)\b"
    ),
    "en": (
        r"\bkeep (?:it|my (?:appointment|booking)|the (?:appointment|booking))\b(?! (?:short|brief|quick))"
        r"|\b(?:don t|do not) (?:cancel|move|change) (?:it|anything|my|the)\b|\bleave it (?:as it is|as is)\b"
    ),
}
"""Said where something is to be cancelled or moved: it is not."""
_MARKS: dict[Language, str] = {
    "fr": (
        r"\b(?:finalement|en fait|enfait|plutot|au final|en realite|tout compte fait|reflexion faite|a la reflexion|du coup|oubliez|laissez tomber"
        r"|me suis trompee?|change d avis|c est pas (?:ca|pour)|ce n est pas (?:ca|pour)|c etait pour|autre chose|aussi|d abord|ensuite)\b"
        r"|^(?:(?:ah|oh|euh|bon|ben|bah|alors) )*(?:non|pardon|attendez|mais|excusez moi|desolee?|mince|zut|oui)\b"
    ),
    "en": (
        r"\b(?:actually|instead|rather|in fact|after all|on second thoughts?|never ?mind|forget it|i meant|changed my mind|also|first)\b"
        r"|^(?:(?:oh|um|uh|well|ah|ok) )*(?:no|sorry|wait|hang on|hold on|but|yes)\b"
    ),
}
"""What people say when they turn to something else."""
_VERBS: dict[Language, dict[str, str]] = {
    "fr": {
        "cancel": r"(?:annul(?:er|ez|e)|decommand(?:er|e|ez)|supprim(?:er|e|ez)|l annulation)",
        "reschedule": r"(?:(?:re)?(?:deplac|decal|report|repouss|avanc|modifi|chang)(?:er|e|ez))",
        "book": r"(?:(?:prendre|prends|reprendre|fixer|avoir|voudrais|veux|aimerais|souhaite|pour|besoin d|prend|reserver)(?= (?:plutot )?(?:un|une)\b))",
    },
    "en": {
        "cancel": r"(?:cancel|call off)",
        "reschedule": r"(?:move|reschedule|postpone|change|push back|bring forward)",
        "book": r"(?:(?:book|make|have|get|want|need|like|arrange)(?= (?:an?|another)\b))",
    },
}
"""What is done, as callers name it; with its object it says which way is meant."""
_OBJECT: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(r" (?:plutot )?(?:mon|ma|mes|un|une|le|la|les|l|ce|cet|cette|notre|nos)(?: (?:autre|nouveau|nouvelle|petit|petite|prochain|prochaine|premier|seul))? ([a-z]\w*)"),
    "en": re.compile(r" (?:my|the|an|a|our|this|that|another)(?: (?:other|new|next|existing))? ([a-z]\w*)"),
}  # fmt: skip
_NAMED_BEFORE = re.compile(
    r"\b(?:rendez vous|rdv|reservation|commande|seance|cours|visite)(?: \w+){0,4} a $"
    r"|\b(?:appointment|booking|reservation|lesson)(?: \w+){0,3} to $"
)
"""Its object stands before it: "un rendez-vous à annuler"."""
_TAKEN_BACK = re.compile(
    r"\bmais (?:bon |euh |bah )*(?:finalement|en fait|au final) (?:non|je)\b|\bbut (?:then )?(?:actually|in the end) no\b"
)
_HAD = re.compile(
    r"\b(?:(?:mon|ma|mes|le|la|ce|cette|votre|notre|au|du|son|my|the|this|your|our)|(?:ai|avais|avons|avait|have|had|got)"
    r" (?:deja |already )?(?:un|une|an|a))(?: (?:autre|other))? $"
)
"""An appointment that is there, and none to be made."""
_THAT_ONE = re.compile(r" (?:celui|celle|le mien|la mienne|mine|the one)\b")
_OURS = (
    "rendez", "rdv", "reserv", "creneau", "command", "inscri", "visite", "seance", "cours", "consult", "intervention",
    "livraison", "table", "appoint", "book", "slot", "visit", "lesson", "order", "delivery",
)  # fmt: skip
_BEFORE: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(
        r"(?:\b(?:pas|jamais|sans|rien|eviter|n)(?: \w+){0,2} "
        r"|\b(?:j|tu|vous|ils|elles|m|nous) (?:ai|as|avez|avais|ont|avait|avions)(?! besoin)(?: (?:du|deja|bien|pas|du faire|fait|fini par|failli))? "
        r"|\b(?:il|elle|on|qui|m) (?:a|avait)(?: (?:du|deja|fallu))? "
        r"|\b(?:si|quand|lorsque|lorsqu|avant d|au cas ou|en cas d)(?: \w+){0,3} "
        r"|\b(?:il|elle|ils|elles|vous|mari|femme|fille|fils|mere|pere|docteur|collegue|patron)(?: (?:l|le|la|m|me|nous|va|doit|veut|a du))* )$"
    ),
    "en": re.compile(
        r"(?:\b(?:not|never|without|don t|didn t|won t|can t|n t)(?: \w+){0,2} "
        r"|\b(?:if|when|before|in case)(?: \w+){0,3} "
        r"|\b(?:he|she|they|you|husband|wife|son|daughter|had to|have had to)(?: (?:will|would|might|has to))? )$"
    ),
}  # fmt: skip
"""Not done by the caller, or not now."""
_AFTER: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(
        r"\b(?:mais|et puis) (?:bon |euh |en fait |au final )*(?:finalement|non|c est bon|ca va|je (?:le |la )?(?:garde|viens|prefere|peux|suis|reste)|on garde|j ai (?:pu|change))"
        r"|\bfinalement (?:non|je (?:le |la )?(?:garde|viens|peux|viendrai)|c est bon|ca va)\b"
        r"|\bpour (?:pouvoir |y |vous )*(?:venir|etre (?:la|present|presente|libre)|me liberer|passer|voir)\b"
        r"|^(?: \w+){0,4} (?:chez (?!vous)|avec (?:mon|ma|un|une) |au (?:travail|bureau|boulot)|a la banque|a l ecole)"
    ),
    "en": re.compile(
        r"\bbut (?:then |actually |in the end )*(?:no|i ll (?:keep|come)|i(?: can| ll)? (?:keep|come|make it)|it s (?:fine|ok))"
        r"|\b(?:so (?:that )?i can|in order to|to) (?:come|be there|make it|see you)\b|^(?: \w+){0,4} (?:at work|with my)\b"
    ),
}  # fmt: skip
"""What makes another thing of it: taken back, for another purpose, with somebody else."""


def marked(text: str, language: Language) -> bool:
    """It is said as people say that they now want something else."""
    return bool(re.search(_MARKS[language], text))


def given_up(text: str, language: Language, *, keeping: bool, valued: bool) -> GivenUp:
    """Whether what was begun is given up. `keeping`: it would undo something that stands; `valued`: a value was said."""
    if keeping and not valued and re.search(_KEEPS[language], text):
        return "plain"
    if _TAKEN_BACK.search(text):
        return ""
    if re.search(_LATER[language], text):
        return "plain"
    if valued:
        return ""
    if any(re.search(pattern, text) for pattern in _PLAIN[language]):
        return "plain"
    return "asked" if re.search(_ASKED[language], text) else ""


def cancels(text: str, language: Language) -> bool:
    """ "Finalement j'annule", and nothing said of what."""
    for found in re.finditer(rf"\b{_VERBS[language]['cancel']}\b", text):
        before, after = text[: found.start()], text[found.end() :]
        named = _OBJECT[language].match(after) or _THAT_ONE.match(after) or _NAMED_BEFORE.search(before)
        if named or _excluded(before, after, language):
            continue
        if found[0] != "annule" or re.search(r"(?:^|\b(?:j|on|l|finalement|alors|donc|bon|non|fait|plutot) )$", before):
            return True
    return False


def wants(text: str, language: Language) -> frozenset[str]:
    """The actions that the sentence names with their object, an appointment or the like: {"cancel"}."""
    found = set[str]()
    for act, verb in _VERBS[language].items():
        for match in re.finditer(rf"\b{verb}\b", text):
            before, after = text[: match.start()], text[match.end() :]
            named = _ours(after, language) or bool(_NAMED_BEFORE.search(before))
            if named and not _excluded(before, after, language) and _said(match[0], before, language):
                found.add(act)
    return frozenset(found)


def named(text: str, language: Language) -> frozenset[str]:
    """The actions whose verb stands in a few words that answer a question between them."""
    return frozenset(act for act, verb in _VERBS[language].items() if re.search(rf"\b{verb}\b", text))


def had(text: str, at: int) -> bool:
    """What is named at `at` exists: "mon rendez-vous", "j'ai un rendez-vous"."""
    return bool(_HAD.search(text[:at]))


def strays(text: str, start: int, end: int, things: Collection[str], language: Language) -> bool:
    """The words at `start` to `end` are not meant of this office: another object, denied, past, somebody else's."""
    before, after = text[:start], text[end:]
    found = _OBJECT[language].match(after)
    foreign = found is not None and not _is_ours(found[1], things)
    return foreign or _excluded(before, after, language)


def _said(verb: str, before: str, language: Language) -> bool:
    """Folded, "annule" is a participle too: it is a verb after who does it."""
    if language == "en" or not verb.endswith("e"):
        return True
    return bool(re.search(r"(?:^|\b(?:j|je|on|l|le|que|qu|finalement|alors|donc|bon|non|fait|plutot|et) )$", before))


def _ours(after: str, language: Language) -> bool:
    found = _OBJECT[language].match(after)
    return bool(_THAT_ONE.match(after)) or (found is not None and _is_ours(found[1], ()))


def _is_ours(noun: str, things: Collection[str]) -> bool:
    return noun in things or noun.startswith(_OURS)


def _excluded(before: str, after: str, language: Language) -> bool:
    return bool(_BEFORE[language].search(before) or _AFTER[language].search(after))


def strayed(text: str, language: Language) -> bool:
    """It names one of these actions, and only as something else: another object, denied, past, somebody else's."""
    verbs = [m for verb in _VERBS[language].values() for m in re.finditer(rf"\b{verb}\b", text)]
    return bool(verbs) and all(strays(text, m.start(), m.end(), (), language) for m in verbs)
