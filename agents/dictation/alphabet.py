# ruff: noqa: E501 (tables read better whole)
"""The names of letters and signs as they are said and as the ear writes them, and words that stand for letters."""

from __future__ import annotations

from agents.slots.text import Language, listed


def _names(text: str) -> dict[str, str]:
    """ "b be bee" a line → each name's letter."""
    return {name: line.split()[0] for line in text.strip().splitlines() for name in line.split()[1:]}


LETTERS: dict[Language, dict[str, str]] = {
    "fr": _names(
        """
        b be
        c ce
        d de
        e eu
        f effe ef
        g ge
        h ache hache
        j ji
        k ka
        l elle el
        m emme aime
        n enne haine
        p pe
        q ku cul
        r erre air
        s esse es
        t te the
        v ve
        x ixe iks
        y igrec
        z zede zed
        """
    ),
    "en": _names(
        """
        a ay
        b bee be
        c see sea cee
        d dee
        e ee
        f eff ef
        g gee
        h aitch haitch
        i eye
        j jay
        k kay
        l el ell
        m em
        n en
        o oh
        p pee pea
        q queue cue
        r ar are
        s ess
        t tee tea
        u you
        v vee
        x ex
        y why
        z zed zee
        """
    ),
}
"""Folded name → letter. Many are words too: they count beside letters only."""

SPELLED_ONLY: dict[Language, frozenset[str]] = {
    "fr": frozenset(listed("effe emme enne ixe igrec zede zed esse erre")),
    "en": frozenset(listed("aitch haitch cee ess zed zee")),
}
"""Names of letters that are no other word."""

SPELLING: dict[Language, dict[str, str]] = {
    "fr": dict(
        zip("abcdefghijklmnopqrstuvwxyz", listed("Anatole Bernard Célestin Denise Eugène François Gaston Henri Isidore "
            "Joseph Kléber Louis Marcel Nicolas Oscar Paul Quentin Robert Suzanne Thérèse Ursule Victor William Xavier Yvonne Zoé"), strict=True)
    ),
    "en": dict(
        zip("abcdefghijklmnopqrstuvwxyz", listed("Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliet Kilo "
            "Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whisky X-ray Yankee Zulu"), strict=True)
    ),
}  # fmt: skip
"""The word the agent says for a letter."""

CODE_WORDS: dict[str, str] = {
    word: word[0]
    for word in listed(
        "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar "
        "papa quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu"
    )
}
"""The radio alphabet, folded: it stands for letters by itself in a plate or a reference."""

ALIKE: dict[Language, tuple[str, ...]] = {
    "fr": ("bcdgptvw", "mn", "sfxz", "iy", "jg", "kq"),
    "en": ("bcdegptvz", "mn", "sfx", "iy", "jgk", "ah"),
}
"""Letters that a telephone does not tell apart, by group."""
CONFUSED: dict[Language, frozenset[str]] = {"fr": frozenset("bpdtvgjcmnsf"), "en": frozenset("bpdtvgcemnsfz")}
"""Letters to be said with a word where nothing else tells them."""

ACCENTS: dict[tuple[str, str], str] = {
    ("e", "aigu"): "é", ("e", "grave"): "è", ("e", "circonflexe"): "ê", ("e", "trema"): "ë", ("i", "trema"): "ï",
    ("i", "circonflexe"): "î", ("c", "cedille"): "ç", ("a", "grave"): "à", ("a", "circonflexe"): "â", ("u", "grave"): "ù",
    ("o", "circonflexe"): "ô", ("u", "circonflexe"): "û", ("u", "trema"): "ü", ("o", "trema"): "ö", ("n", "tilde"): "ñ",
    ("e", "acute"): "é", ("e", "circumflex"): "ê", ("c", "cedilla"): "ç", ("u", "umlaut"): "ü", ("o", "umlaut"): "ö",
}  # fmt: skip
ACCENT_WORDS = frozenset(accent for _, accent in ACCENTS) | {"accent"}

SIGNS: dict[Language, dict[tuple[str, ...], str]] = {
    "fr": {
        ("trait", "d", "union"): "-", ("tiret", "du", "six"): "-", ("tiret", "du", "6"): "-", ("tiret", "du", "milieu"): "-",
        ("tiret", "normal"): "-", ("tiret",): "-", ("moins",): "-",
        ("tiret", "du", "huit"): "_", ("tiret", "du", "8"): "_", ("tiret", "du", "bas"): "_", ("tiret", "bas"): "_", ("underscore",): "_",
        ("under", "score"): "_", ("souligne",): "_", ("point",): ".", ("dot",): ".", ("arobase",): "@", ("arobas",): "@",
        ("arrobase",): "@", ("a", "robase"): "@", ("a", "robaze"): "@", ("at",): "@", ("arobaz",): "@",
        ("arrobas",): "@", ("arubas",): "@", ("arau", "base"): "@", ("arau", "bas"): "@", ("a", "robas"): "@",
        ("a", "rebas"): "@", ("a", "r", "base"): "@", ("tire", "du", "six"): "-", ("tire", "du", "6"): "-",
        ("tirez", "du", "6"): "-", ("tire", "du", "huit"): "_", ("tire", "du", "8"): "_", ("tirez", "du", "8"): "_",
        ("apostrophe",): "'", ("espace",): " ", ("slash",): "/", ("barre",): "/", ("plus",): "+",
    },
    "en": {
        ("hyphen",): "-", ("dash",): "-", ("minus",): "-", ("underscore",): "_", ("under", "score"): "_", ("dot",): ".",
        ("point",): ".", ("period",): ".", ("full", "stop"): ".", ("at",): "@", ("at", "sign"): "@", ("apostrophe",): "'",
        ("space",): " ", ("slash",): "/", ("stroke",): "/", ("plus",): "+",
    },
}  # fmt: skip
"""Folded words → the sign they name."""

DOUBLES: dict[Language, dict[str, int]] = {
    "fr": {"double": 2, "deux": 2, "2": 2, "triple": 3, "trois": 3, "3": 3},
    "en": {"double": 2, "two": 2, "2": 2, "triple": 3, "treble": 3, "three": 3, "3": 3},
}
"""Before a letter: how often it is written. The numbers among them count things where things are counted."""
PURE_DOUBLES = frozenset({"double", "triple", "treble"})

AS_IN: dict[Language, frozenset[str]] = {"fr": frozenset({"comme"}), "en": frozenset({"as", "for", "like"})}
"""Between a letter and the word that stands for it."""
