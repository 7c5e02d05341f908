# ruff: noqa: E501 (tables read better whole)
"""The words of counting: dozens, people and what sorts them, kin, what never is a number of them."""

from __future__ import annotations

import re

DOZENS = {
    "demi douzaine": 6, "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30,
    "quarantaine": 40, "cinquantaine": 50, "soixantaine": 60, "centaine": 100, "half a dozen": 6, "dozen": 12,
}  # fmt: skip
DOZEN = re.compile(rf"\b(?:(?:1|a) )?(?:petite |bonne |good )?({'|'.join(DOZENS)})(?: (?:de|d)\b)?")
_PEOPLE = (
    r"adultes?|enfants?|petite?s?|grande?s?|ados?|adolescente?s?|bebes?|personnes?|hommes?|femmes?|dames?|messieurs|garcons?"
    r"|filles?|fils|amie?s?|copa?ine?s?|copains?|collegues?|gamins?|gamines?|gosses?|mome?s?|invitee?s?|parents?|eleves?|convives?"
    r"|couverts?|participante?s?|joueurs?|voyageurs?|passagers?|jeunes?|vieux|tetes?|gars|nanas?|mecs?|bouts? de chou"
    r"|adults?|child|children|kids?|people|persons?|men|women|man|woman|boys?|girls?|babies|baby|guests?|friends?|teenagers?"
)
"""Who is counted, and how people sort what they bring ("deux grands et un petit")."""
PERSON = re.compile(rf"(?:{_PEOPLE})\b")
A_CHILD = re.compile(rf"\ban? (?=(?:{_PEOPLE})\b)")
_EACH = r"(?:mon|ma|notre|my)"
_KIN = (
    r"mari|femme|epoux|epouse|conjointe?|compagnon|compagne|copine|copain|amie?|fils|fille|mere|pere|maman|papa|soeur|frere"
    r"|beau frere|belle soeur|belle mere|beau pere|cousine?|oncle|tante|neveu|niece|grand mere|grand pere|voisine?|collegue"
    r"|chef|patron|associee?|bebe|husband|wife|partner|son|daughter|mother|father|sister|brother|friend|boss|colleague"
)
COMPANION = re.compile(rf"\b{_EACH} (?:\w+ )?(?:{_KIN})\b")
ME = re.compile(r"\b(?:moi|me|myself|and i)\b")
ALONE = re.compile(
    r"\b(?:(?:juste|seulement|que|rien que) (?:pour )?moi|tout seul|toute seule|(?:je (?:suis|serai|viens|viendrai)|moi) seule?"
    r"|just me|only me|on my own|by myself)\b"
)
COUPLE = re.compile(r"\b(?:en couple|a couple|en tete a tete|both of us)\b")
SEVERAL = re.compile(r"\b(?:on|nous|we|there) (?:(?:n )?(?:est|sera|serait|seront|etait|sommes|serons|serions|vient|viendra)"
                      r"|are|will be|would be|ll be|re)(?: a)? (\d+)\b")  # fmt: skip
JOINT = re.compile(r"^[\s|]*(?:(?:et|plus|avec|ainsi que|puis|and|with) ?(?:(?:les|des|mes|the|my) )?)?$")
NEVER = re.compile(r"(?:ans?|fois|h|heures?|minutes?|secondes?|years?|times|o ?clock|hours?|seconds?)\b")
FUNCTION = frozenset(
    """parce car et mais ou on je j il elle ils elles nous vous pour avec en au aux a si donc alors voila merci s c ca peut
    enfin maximum minimum max mini environ seul seule seuls seulement en total tout tous toutes plus moins oui non euh
    hein quoi je dirais du le la les ce cette ici la i we you it but or so because please in at all of us thanks maybe
    about only just sir madame monsieur mademoiselle disons plutot pardon svp chez sans qui que dont finalement suffit
    devrait suffira sera seront sommes""".split()  # noqa: SIM905 (a list of words reads better as words)
)
ADJECTIVE = re.compile(
    r"(?:seule?s?|petite?s?|grande?s?|gros(?:se)?s?|autres?|jeunes?|simple|single|more|small|big) (?=[a-z])"
)
