"""
What an incoming text asks for: opting out, opting in, or a keyword; and what an outgoing text tells people to do.

Opting out late is worse than opting out once too often: what begins with a word of opting out counts, and is listed so
that a person can undo it. A word in the middle of a sentence is only flagged.
"""

import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from nextpod_core import hints, optwords, wording
from nextpod_core.optwords import DEFAULT, OptWords

__all__ = [
    "DEFAULT",
    "OptWords",
    "Verdict",
    "asks_for_answer",
    "judge",
    "phrases",
    "says_how_to_stop",
    "split_keyword",
    "version",
]

Tokens = tuple[str, ...]

# Raised when a rule below changes what it says about a text; the consent ledger keeps it with each opt-out.
RULES = 5

LONGEST_LEAD = 5  # "Hei, vær så snill å stopp": greetings and courtesy before the word.
_SENTENCES = 6
LONGEST_TYPO_TEXT = 3  # A slip of the finger counts only where there is little else in the text.

_APOSTROPHES = re.compile("['’‘`´ʼ]")
_TOKEN = re.compile(r"[^\W_]+")
_LETTERS_APART = re.compile(r"^(?:\w\W+)+\w\W*$")
# Cyrillic and Greek letters that phones' keyboards offer and that look Latin.
_LOOKS_LATIN = str.maketrans("аеорстухіѕԁнкмвοτρεαυ", "aeopctyxisdhkmbotpeau")
_NORDIC = str.maketrans({"ø": "o", "æ": "ae", "ð": "d", "đ": "d", "þ": "th", "ß": "ss", "ŧ": "t", "ŋ": "n", "ı": "i"})
_DIGITS_AS_LETTERS = str.maketrans("0153$", "oises")
_REPEATED = re.compile(r"(.)\1+")
_STOP_SIGNS = frozenset("🛑⛔🚫")
# Letters that are signs, where a text is made of nothing else ("🆂🆃🅾🅿", "🇸🇹🇴🇵"). Beside words they are flags.
_SIGNS_AS_LETTERS = {first + place: chr(97 + place) for first in (0x1F150, 0x1F170, 0x1F1E6) for place in range(26)}
_DOLLAR = re.compile(r"\$(?=[^\W\d])")
_SENTENCE = re.compile(r"[.!?,;\n\r]+")


class Verdict(StrEnum):
    """What a text says about opting out. MENTIONED changes nothing and is shown to a person."""

    OUT = auto()
    OUT_BY_PREFIX = auto()
    IN = auto()
    MENTIONED = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class _Folded:
    """An `OptWords` made ready to compare: each word or phrase as tokens."""

    out: frozenset[Tokens]
    back: frozenset[Tokens]
    near: frozenset[Tokens]
    solid: frozenset[str]
    tight: frozenset[str]
    slips: frozenset[str]
    flags: Mapping[str, list[Tokens]]


def judge(text: str, *, keyword: str | None, sub_keyword: str | None, words: OptWords = DEFAULT) -> Verdict:
    """
    What `text` asks for, given what the gateway recognised as its keywords.

    OUT: the whole text is a word of opting out, alone, after the keyword or before it. OUT_BY_PREFIX: it begins with
    one (greetings aside), is a slip of the finger for one, asks for the same in words of its own (`wording`), or a
    later sentence of it is the word and nothing else. IN: the whole text is a word of opting in.
    """
    tokens, first = fold(text), fold(keyword or "")
    if (not tokens or tokens == first) and _STOP_SIGNS & set(text):
        return Verdict.OUT_BY_PREFIX
    if not tokens:
        return Verdict.NONE
    known = _folded(words)
    bodies = list(_bodies(tokens, first, fold(sub_keyword or "")))
    if any(_is_word(body, known) for body in bodies):
        return Verdict.OUT
    if any(_without_courtesy(body) in known.back for body in bodies):
        return Verdict.IN
    asks = text.rstrip().endswith("?")
    begun = {left: wording.means_something_else(left, asks=asks) for left in map(_without_lead, bodies)
             if _begins(left, known)}  # fmt: skip
    if not all(begun.values()) or any(_is_slip(body, known) for body in bodies):
        return Verdict.OUT_BY_PREFIX
    if any(_asks(body) for body in bodies if not begun.get(_without_lead(body))):
        return Verdict.OUT_BY_PREFIX
    if any(_says_it(fold(line), known) for line in _later_sentences(text)):
        return Verdict.OUT_BY_PREFIX
    if begun or _contains(tokens, known.flags) or hints.may_mean_it(tokens):
        return Verdict.MENTIONED
    return Verdict.NONE


def split_keyword(text: str) -> tuple[str | None, str | None]:
    """The first two words in upper case: what is shown as keyword and sub-keyword when the gateway gave none."""
    found = _TOKEN.findall(unicodedata.normalize("NFKC", text))[:2]
    first, second = (*(word.upper() for word in found), None, None)[:2]
    return first, second


def version(words: OptWords) -> str:
    """Names the rules and words that an opt-out was judged by, for the consent ledger."""
    body = "\n".join("\t".join(part) for part in (words.out, words.back, words.near))
    return f"{RULES}-{hashlib.sha256(body.encode()).hexdigest()[:12]}"


def asks_for_answer(text: str) -> bool:
    """Whether an outgoing text asks people to answer it. Asking for a text to a named number does not count."""
    for sentence in re.split(r"[.!?\n]+(?:\s|$)", optwords.NO_ANSWER.sub(" ", text)):
        if optwords.ANSWER.search(sentence) and not optwords.TO_A_NUMBER.search(sentence):
            return True
    return False


def says_how_to_stop(text: str, words: OptWords = DEFAULT) -> bool:
    """Whether an outgoing text says how to opt out: a word in capitals or after "svar", "send", or a link that does."""
    if optwords.STOP_LINK.search(text):
        return True
    written = _TOKEN.findall(unicodedata.normalize("NFKC", text))
    tokens = [_fold_token(each) for each in written]
    for phrase in _folded(words).out:
        for place in range(len(tokens) - len(phrase) + 1):
            if tuple(tokens[place : place + len(phrase)]) != phrase:
                continue
            capitals = all(each.isupper() for each in written[place : place + len(phrase)])
            if capitals or _single("telling") & set(tokens[max(0, place - 3) : place]):
                return True
    return False


@functools.lru_cache(maxsize=4096)
def fold(text: str) -> Tokens:
    """The words of a text as they are compared: NFKC, no case, accents, punctuation, emoji or look-alike letters."""
    text = _DOLLAR.sub("s", unicodedata.normalize("NFKC", _APOSTROPHES.sub("", text)))
    text = "".join(each for each in text if unicodedata.category(each) not in ("Cf", "Cc") or each.isspace())
    if _LETTERS_APART.match(text.strip()):  # "S T O P", "s.t.o.p"
        text = re.sub(r"\W+", "", text)
    found = _TOKEN.findall(text) or _TOKEN.findall(re.sub(r"\W+", "", text.translate(_SIGNS_AS_LETTERS)))
    return tuple(_fold_token(each) for each in found)


def _fold_token(token: str) -> str:
    token = token.casefold().translate(_LOOKS_LATIN).translate(_NORDIC)
    token = "".join(each for each in unicodedata.normalize("NFD", token) if not unicodedata.combining(each))
    if not token.isalpha() and not token.isdigit():  # "st0pp": digits among letters are letters.
        token = token.translate(_DIGITS_AS_LETTERS)
    return token


@functools.lru_cache(maxsize=32)
def _folded(words: OptWords) -> _Folded:
    out = frozenset(filter(None, map(fold, words.out)))
    near = frozenset(filter(None, map(fold, words.near)))
    flags: dict[str, list[Tokens]] = {}
    for phrase in out | near | _hints():
        flags.setdefault(phrase[0], []).append(phrase)
    return _Folded(
        out=out,
        back=frozenset(filter(None, map(fold, words.back))),
        near=near,
        solid=frozenset("".join(phrase) for phrase in out),
        tight=frozenset(_tight("".join(phrase)) for phrase in out),
        slips=frozenset(slip for phrase in out for slip in _slips("".join(phrase))) - _single("no_slip"),
        flags=flags,
    )


@functools.cache
def _hints() -> frozenset[Tokens]:
    return frozenset(map(fold, optwords.listed("hint")))


@functools.cache
def _single(name: str) -> frozenset[str]:
    """A list of single words, folded."""
    return frozenset(token for words in optwords.listed(name) for token in fold(words))


def _bodies(tokens: Tokens, keyword: Tokens, sub: Tokens) -> Iterator[Tokens]:
    """The text, and the text without the keyword and sub-keyword around it."""
    yield tokens
    for around in (keyword, keyword + sub, sub) if sub else (keyword,):
        if not around:
            continue
        if tokens[: len(around)] == around and len(tokens) > len(around):
            yield tokens[len(around) :]
        if tokens[-len(around) :] == around and len(tokens) > len(around):  # "STOPP HELLO", as our texts say it.
            yield tokens[: -len(around)]
        joined = "".join(around)
        if len(tokens) == 1 and tokens[0].startswith(joined) and tokens[0] != joined:  # "HELLOSTOP"
            yield (tokens[0][len(joined) :],)


def _is_word(body: Tokens, known: _Folded) -> bool:
    """Exactly a word, however it is spaced ("STOP ALL", "opt-out") and however long the finger stayed ("stoppppp")."""
    joined = "".join(body)
    return joined in known.solid or (len(joined) >= 4 and len(body) == 1 and _tight(joined) in known.tight)


def _begins(body: Tokens, known: _Folded) -> bool:
    if len(body[0]) >= 4 and _tight(body[0]) in known.tight:
        return True
    return any(body[: len(phrase)] == phrase for phrase in known.out | known.near)


def _asks(body: Tokens) -> bool:
    return any(wording.asks_to_be_left(one, courtesy=_single("courtesy")) for one in {body, _without_lead(body)})


def _says_it(sentence: Tokens, known: _Folded) -> bool:
    return bool(sentence) and (_is_word(_without_courtesy(sentence), known) or _asks(sentence))


def _later_sentences(text: str) -> list[str]:
    """The sentences and lines after the first: "Feil nummer. STOPP" says it as clearly as the word alone."""
    found = [line for line in _SENTENCE.split(text)[1:] if len(line.strip()) >= len("stop")]
    # Nobody hides it in the middle of a long text, and no text may take long to judge.
    return found if len(found) <= 2 * _SENTENCES else found[:_SENTENCES] + found[-_SENTENCES:]


def _is_slip(body: Tokens, known: _Folded) -> bool:
    left = _without_lead(body)
    return 0 < len(left) <= LONGEST_TYPO_TEXT and left[0] in known.slips


def _contains(tokens: Tokens, flags: Mapping[str, list[Tokens]]) -> bool:
    return any(
        tokens[place : place + len(phrase)] == phrase
        for place, token in enumerate(tokens)
        for phrase in flags.get(token, ())
    )


def _without_lead(body: Tokens) -> Tokens:
    """Without greetings and courtesy in front: "Please stop" begins with its word all the same."""
    start = 0
    while start < min(len(body) - 1, LONGEST_LEAD) and body[start] in _single("courtesy"):
        start += 1
    return body[start:]


def _without_courtesy(body: Tokens) -> Tokens:
    body = _without_lead(body)
    end = len(body)
    while end > 1 and body[end - 1] in _single("courtesy"):
        end -= 1
    return body[:end]


def _tight(word: str) -> str:
    return _REPEATED.sub(r"\1", word)


def _slips(word: str) -> Iterator[str]:
    """What a finger makes of a word on a Nordic keyboard: one key beside, one too many, one too few, two swapped."""
    if len(word) < 4:  # One slip away from "end" lie too many words that mean something else.
        return
    for place, letter in enumerate(word):
        before, after = word[:place], word[place + 1 :]
        for beside in optwords.BESIDE.get(letter, ""):
            yield before + beside + after
            yield before + letter + beside + after
            yield before + beside + letter + after
        if place:  # Without its first letter "stopp" is "topp", which is praise.
            yield before + after
            yield before[:-1] + letter + before[-1] + after


def phrases(words: Sequence[str]) -> list[str]:
    """The words of an edited list, each once and in order, without those that are empty or can't be compared."""
    return list({fold(word): " ".join(word.split()) for word in reversed(words) if fold(word)}.values())[::-1]
