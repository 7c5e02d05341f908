"""When not to believe what Whisper says: it repeats itself, or it says what subtitles say over silence."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable

COMPRESSION = 2.4
"""Text that zlib shrinks more than this repeats itself (threshold of the Whisper paper, §4.5)."""
LOGPROB = -1.0
"""Below this mean log-probability a pass is not believed (the same paper)."""
UNSURE = -0.25
"""Below this mean log-probability a text is worth a second, wider search: a third of recorded prompts and half of what
two voices say through A-law, in which most of the wrong words are (docs/figures.md)."""
NO_SPEECH = 0.6
"""With a poor log-probability as well, there was no speech (the same paper)."""
WORDS_PER_SECOND = 8.0
"""Faster than anyone speaks."""

# Whisper learned on subtitles, and over silence says what stands in them where nobody speaks.
_CREDITS = tuple(
    re.compile(pattern)
    for pattern in (
        r"sous[ -]?titr(es|age|eur)\b.*",
        r".*\bamara\.?org\b.*",
        r".*\bsoustitreur\.?com\b.*",
        r".*\bsociete radio[ -]canada\b.*",
        r"n.oubliez pas de vous abonner\b.*",
        r"abonnez[ -]vous\b.*",
        r"merci d.avoir (regarde|visionne|suivi)( (cette|la|ma|notre) (video|emission|chaine))?",
        r"(subtitles|captions|transcription|transcribed|translated|captioned) by\b.*",
        r"(thanks|thank you)( so much| very much)? for watching\b.*",
        r"please subscribe\b.*",
    )
)
"""A sentence in plain text (lower case, no accents) that nobody says on the telephone."""
_SOUND = re.compile(r"[\[(*♪♫][^\])*♪♫]*[\])*♪♫]+")
"""What subtitles write of a sound: "(Sonnerie)", "[Musique]", "♪ ♪"."""
_PLEASANTRIES = frozenset({
    "merci", "au revoir", "merci a tous", "merci a tous et a bientot", "a bientot", "merci beaucoup", "bonne journee",
    "musique", "sonnerie", "bonjour", "c est parti", "amen", "thank you", "thanks", "bye", "bye bye", "goodbye",
    "music", "you",
})  # fmt: skip
"""What Whisper says over noise and people say too: believed only where it hears speech."""
PLEASANT_NO_SPEECH = 0.5
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


def plain(text: str) -> str:
    """Lower case, no accents, no punctuation at the ends, single spaces."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", bare.replace("’", "'")).strip(" .,;:!?…-–—\"'«»♪♫*[]()")


def believed(text: str, no_speech: float = 0.0) -> str:
    """`text` less what nobody said: credits of subtitles at its end or alone, sounds in brackets, a "merci" over noise.

    `no_speech`: Whisper's own probability that nobody spoke.
    """
    sentences = _SENTENCE.split(_SOUND.sub(" ", text).strip())
    while sentences and _credit(sentences[-1]):
        sentences.pop()
    kept = " ".join(sentences).strip()
    words = re.sub(r"[^a-z]+", " ", plain(kept)).strip()
    return "" if no_speech > PLEASANT_NO_SPEECH and words in _PLEASANTRIES else kept


def phantom(text: str, no_speech: float = 0.0) -> bool:
    """Nothing but punctuation, or words that nobody says on the telephone but subtitles do."""
    return not plain(believed(text, no_speech))


def _credit(sentence: str) -> bool:
    words = plain(sentence)
    return not words or any(pattern.fullmatch(words) for pattern in _CREDITS)


def silence(logprob: float, no_speech: float) -> bool:
    """The pass itself says that nobody spoke."""
    return no_speech > NO_SPEECH and logprob < LOGPROB


def echo(text: str, hotwords: Iterable[str], no_speech: float) -> bool:
    """Nothing but the names it was told to expect, where it hears no speech: it read them out."""
    names = {word for hotword in hotwords for word in re.findall(r"\w+", plain(hotword))}
    return no_speech > NO_SPEECH and all(word in names for word in re.findall(r"\w+", plain(text)))


def repeats(text: str) -> bool:
    """The same words over and over: they compress too well, or one phrase makes up the whole, thrice."""
    if _compression(text) > COMPRESSION:
        return True
    return _period(plain(text).split(), times=3) is not None


def once(text: str) -> str:
    """`text` without its repetitions, where one phrase, said twice or more, is all there is."""
    words = text.split()
    period = _period([plain(w) for w in words], times=2)
    return " ".join(words[:period]) if period else text


def twice(text: str) -> bool:
    """One phrase of at least two words makes up the whole, said twice: people do so, Whisper too."""
    words = plain(text).split()
    period = _period(words, times=2)
    return period is not None and period > 1


def too_fast(text: str, seconds: float) -> bool:
    """More words than fit in that time."""
    return len(text.split()) > 3 + WORDS_PER_SECOND * seconds


def _compression(text: str) -> float:
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def _period(words: list[str], *, times: int) -> int | None:
    """The length of the phrase that, said at least `times`, makes up `words` (a cut last one counts)."""
    bare = [w.strip(".,;:!?…") for w in words]
    for period in range(1, len(bare) // times + 1):
        if all(bare[i] == bare[i % period] for i in range(len(bare))):
            return period
    return None
