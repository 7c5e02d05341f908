"""Days on which something happened: "ma couronne est tombée ce matin" asks for no appointment this morning. Pure.

Only what is plain is taken out: a verb in a past tense, and a day within a few words after it. Verbs by which people
arrange something ("on m'a proposé mardi", "I asked for Monday") say a day that is wanted.
"""

from __future__ import annotations

import re

from agents.slots.text import Language

_DAYS_FR = (
    r"(?:ce matin|cette nuit|cet apr[eè]s[- ]midi|ce soir|aujourd['’]hui|ce week-?end"
    r"|(?:le |ce )?(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)(?! prochain| qui vient| en huit))"
)
_ADVERBS_FR = r"(?:(?:bien|encore|d[ée]j[àa]|un peu|beaucoup|tout|compl[eè]tement|vraiment|pas mal)\s+)?"
_ARRANGED_FR = (
    r"(?!(?:not|propos|demand|r[ée]serv|donn|fix|annul|report|confirm|accept|recommand|conseill|pens|regard|parl"
    r"|pr[ée]f[ée]r|arrang|trouv|lib[ée]r|d[ée]cid|appel|cal|bloqu[ée] (?:le|la|ma|mon)|rajout|plac|invit|convoqu"
    r"|programm|planifi|d[ée]cal|d[ée]plac)[a-zé]*\b)"
)
_IRREGULAR_FR = r"(?:perdu|fendu|mordu|tordu|fondu|rompu|eu|fait|dormi|vomi|parti|partie|r[ée]ussi|grossi|fui|pu)"
_TENSE_FR = (
    # "s'est décollé", "me suis cassé", "j'ai cassé", "ça a commencé", "m'a lâché", "ont coulé"
    rf"(?:(?:s['’]est|m['’]est|me suis|j['’]ai|j['’]avais|(?:ça|il|elle|on|qui|lui|m['’]|l['’])\s?a(?:vait)?|ont)\s+"
    rf"(?:pas\s+)?{_ADVERBS_FR}{_ARRANGED_FR}(?:\w{{2,}}(?:é|ée|és|ées)|{_IRREGULAR_FR})"
    # "est tombée": other adjectives after "est" say how things are
    rf"|(?:est|sont|suis|était)\s+{_ADVERBS_FR}(?:tomb|arriv|cass|décoll|crev|rentr|décéd|coinc)ée?s?"
    rf"|(?:est|sont|suis)\s+{_ADVERBS_FR}(?:mort|parti|venu|sorti)e?s?)\b"
)
_HAPPENED: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(
        rf"(?P<told>{_TENSE_FR}(?:[\s,]+(?!pour\b|et\b|donc\b|alors\b|mais\b)[\w'’-]+){{0,3}}?[\s,]+){_DAYS_FR}"
        rf"|(?P<since>\bdepuis\s+){_DAYS_FR}",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"(?P<told>\b(?:came|broke|fell|happened|lost|burst|went|woke|felt|hurt|bit|tore|got|"
        r"(?!(?:ask|book|need|want|schedul|offer|plan|arrang|mov|cancel|suggest|confirm|prefer|tri|decid|pick|us)"
        r"[a-z]*ed\b)[a-z]{2,}ed)\b(?:[\s,]+(?!for\b|and\b|so\b|but\b|to\b)[\w'’-]+){0,3}?[\s,]+)"
        r"(?:this morning|this afternoon|tonight|today|(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
        r"|(?P<since>\bsince\s+)(?:this morning|today|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
        re.IGNORECASE,
    ),
}


def without_past(heard: str, language: Language) -> str:
    """The sentence without the days on which something happened; a bar stands in the place of each."""
    return _HAPPENED[language].sub(lambda found: f"{found['told'] or found['since']}|", heard)
