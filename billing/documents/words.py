"""What a line of calls is called: which way they went and where, in words that whoever pays the bill reads."""

from __future__ import annotations

from functools import cache

_FRANCE = {
    "": "la France", "1": "les fixes de France", "2": "les fixes de France", "3": "les fixes de France",
    "4": "les fixes de France", "5": "les fixes de France", "6": "les mobiles de France", "7": "les mobiles de France",
    "8": "les numéros spéciaux de France", "9": "les numéros en 09 de France",
}  # fmt: skip
_OVERSEAS: dict[str, tuple[str, dict[str, str]]] = {
    "262": ("La Réunion et Mayotte", {"692": "les mobiles de La Réunion", "693": "les mobiles de La Réunion",
            "639": "les mobiles de Mayotte", "269": "les fixes de Mayotte", "262": "les fixes de La Réunion",
            "263": "les fixes de La Réunion"}),
    "590": ("la Guadeloupe et les îles du Nord", {"690": "les mobiles de la Guadeloupe et des îles du Nord",
            "691": "les mobiles de la Guadeloupe et des îles du Nord",
            "590": "les fixes de la Guadeloupe et des îles du Nord"}),
    "594": ("la Guyane", {"694": "les mobiles de la Guyane", "594": "les fixes de la Guyane"}),
    "596": ("la Martinique", {"696": "les mobiles de la Martinique", "697": "les mobiles de la Martinique",
            "596": "les fixes de la Martinique"}),
    "508": ("Saint-Pierre-et-Miquelon", {}), "681": ("Wallis-et-Futuna", {}),
    "687": ("la Nouvelle-Calédonie", {}), "689": ("la Polynésie française", {}),
}  # fmt: skip
_ARTICLES = {
    "DE": "l'Allemagne", "BE": "la Belgique", "ES": "l'Espagne", "IT": "l'Italie", "CH": "la Suisse",
    "LU": "le Luxembourg", "GB": "le Royaume-Uni", "NL": "les Pays-Bas", "PT": "le Portugal", "MC": "Monaco",
    "US": "les États-Unis et le Canada", "MA": "le Maroc", "DZ": "l'Algérie", "TN": "la Tunisie", "AD": "l'Andorre",
    "AT": "l'Autriche", "IE": "l'Irlande", "PL": "la Pologne", "SE": "la Suède", "DK": "le Danemark", "GR": "la Grèce",
    "RO": "la Roumanie", "SN": "le Sénégal", "CI": "la Côte d'Ivoire", "BR": "le Brésil", "CN": "la Chine",
    "JP": "le Japon", "IN": "l'Inde", "TR": "la Turquie", "RU": "la Russie",
}  # fmt: skip
_WAYS = {
    "inbound": ("Appels reçus", "de"),
    "outbound": ("Appels émis", "vers"),
    "transfer": ("Appels transférés", "vers"),
    "fallback": ("Appels renvoyés", "vers"),
    "third_party": ("Appels de mise en relation", "vers"),
}


def calls_named(way: str, prefix: str) -> str:
    """ "Appels émis vers les mobiles de La Réunion". `way`: a direction, or why a leg left; `prefix`: of the rate."""
    what, link = _WAYS.get(way, ("Appels", "vers"))
    if not prefix:
        return what if link == "de" else f"{what} vers toutes destinations"
    where = destination(prefix)
    return f"{what} {_of(where) if link == 'de' else f'vers {where}'}"


def _of(where: str) -> str:
    if where == "la France":
        return "de France"
    for article, with_of in (("les ", "des "), ("le ", "du ")):
        if where.startswith(article):
            return with_of + where.removeprefix(article)
    return f"d'{where}" if where[0] in "AEIOUÉ" else f"de {where}"


@cache
def destination(prefix: str) -> str:
    """Where numbers that begin so are: with its article, as in "vers l'Allemagne"."""
    digits = prefix.removeprefix("+")
    if digits.startswith("33"):
        return _FRANCE.get(digits[2:3], "la France")
    for code, (name, parts) in _OVERSEAS.items():
        if digits.startswith(code):
            return next((part for head, part in parts.items() if digits[len(code) :].startswith(head)), name)
    return _country(prefix)


def _country(prefix: str) -> str:
    import phonenumbers
    from babel import Locale

    digits = prefix.removeprefix("+")
    for length in (1, 2, 3):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0), ())
        if len(digits) >= length and regions and regions[0] != "001":
            name = _ARTICLES.get(regions[0]) or str(Locale("fr").territories[regions[0]])
            return name if len(digits) == length else f"{name}, numéros en {prefix}"
    return f"les numéros en {prefix}"
