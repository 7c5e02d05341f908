"""A heard sentence cut into what it dictates: letters, digits, signs, words. Pure: text in, pieces out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agents.dictation.alphabet import ACCENT_WORDS, ACCENTS, AS_IN, DOUBLES, LETTERS, PURE_DOUBLES, SIGNS, SPELLED_ONLY
from agents.dictation.numerals import NUMBER_WORDS, NumberWord, groups
from agents.dictation.result import FILLERS
from agents.dictation.tokens import Token, tokens_of
from agents.slots.text import Language, fold, listed, unaccent

_DOUBLE_U: dict[Language, tuple[str, ...]] = {"fr": ("v", "ve"), "en": ("u", "you")}
_ELIDED = frozenset(listed("c d j l m n s t qu"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a sentence, from character `start` to `end`.

    `digits`: one group as it is dictated, `words` what it was read from. `written`: a sign as the ear wrote it, not
    said. `pause`: something set it off from the piece before. `surely`: a letter given with a word ("D comme Denise").
    """

    kind: Literal["letter", "digits", "sign", "word"]
    text: str
    start: int
    end: int
    pause: bool = False
    written: bool = False
    surely: bool = False
    words: tuple[NumberWord, ...] = ()


def pieces(heard: str, language: Language, *, counts: bool = False) -> tuple[Piece, ...]:
    """The pieces of `heard`. `counts`: a number before a letter is a number ("deux n" is 2 N, not N N)."""
    found = _Cutter(tokens_of(heard), language, counts).pieces()
    return tuple(_letters_by_name(found, language))


class _Cutter:
    def __init__(self, tokens: list[Token], language: Language, counts: bool) -> None:
        self.tokens, self.counts = tokens, counts
        self.language: Language = language
        self.found: list[Piece] = []
        self.faithful = any(self._hyphenated(at) for at in range(len(tokens)))
        """Numbers are written with their hyphens: a space between two words of one sets them apart."""

    def pieces(self) -> list[Piece]:
        at = 0
        while at < len(self.tokens):
            at = self._sign(at) or self._accent(at) or self._as_in(at) or self._number(at) or self._doubled(at) \
                or self._letter(at) or self._word(at)  # fmt: skip
        return self.found

    def _add(self, piece: Piece) -> None:
        self.found.append(piece)

    def _plains(self, at: int, count: int) -> tuple[str, ...]:
        return tuple(token.plain for token in self.tokens[at : at + count])

    def _span(self, at: int, after: int) -> tuple[int, int, bool]:
        return self.tokens[at].start, self.tokens[after - 1].end, self.tokens[at].pause

    # -- each returns the token after what it took, 0 where it took nothing

    def _sign(self, at: int) -> int:
        token = self.tokens[at]
        if not token.plain.isalnum():
            return self._written(at)
        words: list[str] = []
        after = at
        longest: tuple[int, str] | None = None
        while after < len(self.tokens) and len(words) < 3:
            if self.tokens[after].plain not in ("'", "-"):
                words.append(self.tokens[after].plain)
                sign = SIGNS[self.language].get(tuple(words))
                if sign and not (sign == "@" and self.counts):  # no code holds one, and AT is two letters
                    longest = after + 1, sign
            after += 1
        if longest is None:
            return 0
        start, end, pause = self._span(at, longest[0])
        self._add(Piece("sign", longest[1], start, end, pause))
        return longest[0]

    def _written(self, at: int) -> int:
        token = self.tokens[at]
        if token.plain == "-" and self._between_single(at):
            return at + 1  # "M-A-R-T-I-N", "06-12"
        if token.plain == "." and self._between_single(at, chain=True):
            return at + 1  # "M.A.R.T.I.N."
        if token.plain in "-." and self.found and self.found[-1].kind == "sign" and not token.pause:
            return at + 1  # "tiret du 6-Martin", "arobase.gmail"
        self._add(Piece("sign", token.plain, token.start, token.end, token.pause, written=True))
        return at + 1

    def _between_single(self, at: int, *, chain: bool = False) -> bool:
        """Between two letters, or two numbers: a separator. `chain`: only one of several."""
        sides = [self._plain_at(at - 1), self._plain_at(at + 1)]
        if all(side.isdigit() for side in sides):
            return True
        if not all(len(side) == 1 and side.isalpha() for side in sides):
            return False
        around = [self._plain_at(at - 2) == self._plain_at(at), self._plain_at(at + 2) == self._plain_at(at)]
        return any(around) or not chain

    def _plain_at(self, at: int) -> str:
        return self.tokens[at].plain if 0 <= at < len(self.tokens) else ""

    def _accent(self, at: int) -> int:
        token = self.tokens[at]
        if token.plain not in ACCENT_WORDS or not self.found or self.found[-1].kind != "letter":
            return 0
        letter = self.found[-1]
        made = ACCENTS.get((letter.text, token.plain), letter.text)
        self.found[-1] = replace(letter, text=made, end=token.end)
        return at + 1

    def _as_in(self, at: int) -> int:
        """ "D comme Denise": the word tells the letter better than its name did."""
        if self.tokens[at].plain not in AS_IN[self.language] or not self.found or self.tokens[at].pause:
            return 0
        after = at + 1 if self.tokens[at].plain != "as" else at + 2
        if self.tokens[at].plain == "as" and self._plain_at(at + 1) not in ("in", "for"):
            return 0
        if after >= len(self.tokens) or not self.tokens[after].plain.isalpha() or len(self.tokens[after].plain) < 2:
            return 0
        last = self.found[-1]
        initial = self.tokens[after].plain[0]
        if last.kind != "letter" and not self._sounds(last, initial):
            return 0
        text = last.text if last.kind == "letter" and unaccent(last.text)[0] == initial else initial
        self.found[-1] = replace(last, kind="letter", text=text, end=self.tokens[after].end, surely=True, words=())
        return after + 1

    def _sounds(self, last: Piece, initial: str) -> bool:
        """The word before "comme" is the letter's name, misheard or not: "dé comme Denise", "des comme Denise"."""
        plain = fold(last.text)
        named = LETTERS[self.language].get(plain)
        return last.kind == "word" and (named is not None or (len(plain) <= 4 and plain[:1] == initial))

    def _number(self, at: int) -> int:
        after, words = at, list[NumberWord]()
        while after < len(self.tokens) and self._numeral(after):
            token = self.tokens[after]
            if token.plain not in ("-", "."):
                words.append(NumberWord(token.plain, self._set_off(after), self._plain_at(after - 1) == "-"))
            after += 1
        while after > at and self.tokens[after - 1].plain in ("et", "and", "-", "."):
            after -= 1
            if words and words[-1].text in ("et", "and"):
                words.pop()
        if not words or (not self.counts and len(words) == 1 and self._doubles(after, words[0].text)):
            return 0
        loose = self._plain_at(after - 2) != "-" and not words[-1].text.isdigit()
        if len(words) > 1 and not self.counts and loose and self._doubles(after, words[-1].text):
            words.pop()
            after -= 1
        said = groups(words, self.language)
        if not said:
            return 0
        start, end, pause = self._span(at, after)
        self._add(Piece("digits", "".join(said), start, end, pause, words=tuple(words)))
        return after

    def _doubles(self, after: int, word: str) -> bool:
        """ "deux n": the number says how often the letter after it is written."""
        return word in DOUBLES[self.language] and self._is_letter(after)

    def _numeral(self, at: int) -> bool:
        token = self.tokens[at]
        if token.plain.isdigit() or token.plain in NUMBER_WORDS[self.language]:
            return token.plain not in ("un", "une") or not self._is_article(at)
        previous, following = self._plain_at(at - 1), self._plain_at(at + 1)
        if token.plain in ("et", "and"):
            return previous in NUMBER_WORDS[self.language] and following in NUMBER_WORDS[self.language]
        if token.plain in ("-", "."):
            numerals = {previous, following} <= NUMBER_WORDS[self.language] and token.plain == "-"
            return numerals or (previous.isdigit() and following.isdigit())
        return False

    def _is_article(self, at: int) -> bool:
        """ "Un b", "une Clio", "quelqu'un": no number."""
        if self._plain_at(at - 1) == "'" or (self._is_letter(at + 1) and not self.counts):
            return True
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        if after is None or after.pause or not after.plain.isalpha() or len(after.plain) < 2:
            return False
        known = NUMBER_WORDS[self.language] | FILLERS[self.language] | DOUBLES[self.language].keys()
        return after.plain not in known and not after.text.isupper() and (after.plain,) not in SIGNS[self.language]

    def _hyphenated(self, at: int) -> bool:
        return (
            self._plain_at(at) == "-"
            and {self._plain_at(at - 1), self._plain_at(at + 1)} <= NUMBER_WORDS[self.language]
        )

    def _set_off(self, at: int) -> bool:
        token, before = self.tokens[at], self._plain_at(at - 1)
        if token.pause or token.plain.isdigit() or before.isdigit():
            return True
        loose = {token.plain, before} & {"et", "and", "cent", "cents", "hundred", "mille", "thousand", "-"}
        return self.faithful and not loose

    def _doubled(self, at: int) -> int:
        times = DOUBLES[self.language].get(self.tokens[at].plain, 0)
        following = self._plain_at(at + 1)
        if not times:
            return 0
        if self.tokens[at].plain == "double" and (
            following in ("v", "ve") if self.language == "fr" else following in ("u", "you")
        ):
            return self._one_letter("w", at, at + 2)
        if self.tokens[at].plain in PURE_DOUBLES and (following.isdigit() or following in NUMBER_WORDS[self.language]):
            value = groups([NumberWord(following)], self.language)
            return self._digits_doubled(value[0] * times, at) if value else 0
        if self._is_letter(at + 1):
            letter = self._letter_at(at + 1)
            return self._one_letter(letter * times, at, at + 2)
        return 0

    def _digits_doubled(self, value: str, at: int) -> int:
        start, end, pause = self._span(at, at + 2)
        self._add(Piece("digits", value, start, end, pause, words=(NumberWord(value, True),)))
        return at + 2

    def _is_letter(self, at: int) -> bool:
        plain = self._plain_at(at)
        if len(plain) == 1 and plain.isalpha():
            there_is = (self._plain_at(at - 1), plain) == ("il", "y") or self._plains(at - 2, 3) == ("il", "y", "a")
            return not (self._elides(at) or (there_is and at > 0))
        return plain in SPELLED_ONLY[self.language] or self._two_words(at) != ""

    def _letter_at(self, at: int) -> str:
        text = self.tokens[at].text.lower()
        return self._two_words(at) or (text if len(text) == 1 else LETTERS[self.language][self.tokens[at].plain])

    def _two_words(self, at: int) -> str:
        """ "i grec", also as "U-I-GREC"."""
        return (
            "y"
            if self.language == "fr" and self._plains(at, self._grec(at)) in (("i", "grec"), ("i", "-", "grec"))
            else ""
        )

    def _grec(self, at: int) -> int:
        return 3 if self._plain_at(at + 1) == "-" else 2

    def _elides(self, at: int) -> bool:
        """ "c'est", "l'adresse", "d'accord": no letter."""
        return self._plain_at(at) in _ELIDED and self._plain_at(at + 1) == "'" and self.tokens[at + 1].tight

    def _letter(self, at: int) -> int:
        if not self._is_letter(at) or self.tokens[at].text in ("à", "À"):
            return 0
        return self._one_letter(self._letter_at(at), at, at + (self._grec(at) if self._two_words(at) else 1))

    def _one_letter(self, letter: str, at: int, after: int) -> int:
        start, end, pause = self._span(at, after)
        self._add(Piece("letter", letter, start, end, pause))
        return after

    def _word(self, at: int) -> int:
        after = at + 2 if self._elides(at) else at + 1
        start, end, pause = self._span(at, after)
        self._add(Piece("word", "".join(token.text for token in self.tokens[at:after]), start, end, pause))
        return after


def _letters_by_name(found: Sequence[Piece], language: Language) -> list[Piece]:
    """Words that are names of letters, beside letters: "b é air n a air" is no sentence."""
    made = list(found)
    changed = True
    while changed:
        changed = False
        for at, piece in enumerate(made):
            letter = LETTERS[language].get(fold(piece.text)) if piece.kind == "word" else None
            beside = [made[i] for i in (at - 1, at + 1) if 0 <= i < len(made)]
            if letter and any(other.kind == "letter" and len(other.text) == 1 for other in beside):
                made[at] = replace(piece, kind="letter", text=letter)
                changed = True
    return made


def grouped(breath: Sequence[Piece], language: Language) -> list[Piece]:
    """The pieces with each group of digits apart, and every number of a breath that a pause sets off."""
    made: list[Piece] = []
    for piece in breath:
        run: list[NumberWord] = []
        for word in piece.words:
            if word.pause and run:
                made.append(_regrouped(piece, run, language))
                run = []
            run.append(word)
        made.append(_regrouped(piece, run, language) if run else piece)
    return made


def _regrouped(piece: Piece, run: list[NumberWord], language: Language) -> Piece:
    return replace(piece, text="".join(groups(run, language)), words=tuple(run))
