"""What people answer, in whose language, and to which number."""

import re
from dataclasses import dataclass
from enum import StrEnum, auto

from nextpod_core.sandbox.dice import draw, log_normal


class Mood(StrEnum):
    """What an answer says."""

    YES = auto()
    NO = auto()
    STOP = auto()
    QUESTION = auto()
    THANKS = auto()
    CHAT = auto()


# How often each is said among those who answer at all.
MOODS: tuple[tuple[Mood, float], ...] = (
    (Mood.YES, 0.46),
    (Mood.NO, 0.62),
    (Mood.STOP, 0.69),
    (Mood.QUESTION, 0.83),
    (Mood.THANKS, 0.94),
    (Mood.CHAT, 1.0),
)

LANGUAGE = {"NO": "nb", "SE": "sv", "DK": "da", "FO": "da", "FI": "fi", "DE": "de", "AT": "de", "CH": "de"}

SAID: dict[str, dict[Mood, tuple[str, ...]]] = {
    "nb": {
        Mood.YES: ("JA", "Ja", "ja", "Ja takk!", "Ja, jeg kommer", "JA 👍"),
        Mood.NO: ("NEI", "Nei", "nei", "Nei takk", "Nei, kan dessverre ikke"),
        Mood.STOP: ("STOPP", "Stopp", "stopp", "STOP", "Stopp, takk"),
        Mood.QUESTION: ("Hvor er det?", "Når begynner det?", "Hvem er dette?", "Kan jeg ta med en venn?"),
        Mood.THANKS: ("Takk!", "Tusen takk 😊", "Takk for beskjed", "Supert, takk"),
        Mood.CHAT: ("Feil nummer", "Ok", "👍", "Ring meg når dere kan", "Kommer litt seint"),
    },
    "sv": {
        Mood.YES: ("JA", "Ja", "Ja tack!", "Ja, jag kommer"),
        Mood.NO: ("NEJ", "Nej", "Nej tack", "Nej, kan tyvärr inte"),
        Mood.STOP: ("STOPP", "Stopp", "STOP"),
        Mood.QUESTION: ("Var är det?", "När börjar det?", "Vem är det här?"),
        Mood.THANKS: ("Tack!", "Tack så mycket 😊", "Tack för informationen"),
        Mood.CHAT: ("Fel nummer", "Ok", "👍"),
    },
    "da": {
        Mood.YES: ("JA", "Ja", "Ja tak!", "Ja, jeg kommer"),
        Mood.NO: ("NEJ", "Nej", "Nej tak", "Nej, kan desværre ikke"),
        Mood.STOP: ("STOP", "Stop", "Afmeld"),
        Mood.QUESTION: ("Hvor er det?", "Hvornår starter det?", "Hvem er det?"),
        Mood.THANKS: ("Tak!", "Mange tak 😊", "Tak for beskeden"),
        Mood.CHAT: ("Forkert nummer", "Ok", "👍"),
    },
    "fi": {
        Mood.YES: ("KYLLÄ", "Kyllä", "Joo", "Kyllä kiitos!"),
        Mood.NO: ("EI", "Ei", "Ei kiitos"),
        Mood.STOP: ("STOP", "Lopeta", "PERU"),
        Mood.QUESTION: ("Missä se on?", "Milloin se alkaa?", "Kuka tämä on?"),
        Mood.THANKS: ("Kiitos!", "Kiitos paljon 😊"),
        Mood.CHAT: ("Väärä numero", "Ok", "👍"),
    },
    "de": {
        Mood.YES: ("JA", "Ja", "Ja, gerne!"),
        Mood.NO: ("NEIN", "Nein", "Nein danke"),
        Mood.STOP: ("STOPP", "Stop", "Abmelden"),
        Mood.QUESTION: ("Wo ist das?", "Wann fängt es an?", "Wer ist das?"),
        Mood.THANKS: ("Danke!", "Vielen Dank 😊"),
        Mood.CHAT: ("Falsche Nummer", "Ok", "👍"),
    },
    "en": {
        Mood.YES: ("YES", "Yes", "Yes please!", "Yes, I'll be there"),
        Mood.NO: ("NO", "No", "No thanks", "Sorry, can't make it"),
        Mood.STOP: ("STOP", "Stop", "UNSUBSCRIBE"),
        Mood.QUESTION: ("Where is it?", "When does it start?", "Who is this?"),
        Mood.THANKS: ("Thanks!", "Thank you 😊", "Thanks for letting me know"),
        Mood.CHAT: ("Wrong number", "Ok", "👍"),
    },
}

STOPS = frozenset({"STOPP", "STOP"})
MEANT = STOPS | {"JA", "NEI", "NEJ", "NEIN", "YES", "NO", "KYLLÄ"}
FILLERS = frozenset({"ELLER", "OR", "OG", "OCH", "AND", "TAI", "ODER", "SVAR", "SEND", "SMS"})
# "STOPP HELLO til 2345": up to three words in front of a short code.
INVITATION = re.compile(r"((?:\w+[ \t]+){0,3})(?:til|till|to|an)[ \t]+(\d{4,5})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Route:
    """Where an answer goes, and the keyword that has to be in it."""

    to: str
    keyword: str = ""
    keyword_last: bool = False
    stop_only: bool = False  # The text only says how to be left alone.


@dataclass(frozen=True, slots=True)
class Reply:
    """A text from a person: `after` seconds from when theirs reached the handset."""

    to: str
    text: str
    after: float
    stops: bool


def route(sender: str, text: str) -> Route | None:
    """Where people answer a text: its sender if that is a number, else a short code the text names; None: nowhere.

    >>> way = route("Nextpod", "Kommer du? Svar JA HELLO til 2345")
    >>> way.to, way.keyword, way.keyword_last, route("Nextpod", "Hei")
    ('2345', 'HELLO', True, None)
    """
    if sender.isdigit():
        return Route(sender)
    found = [_invited(invitation) for invitation in INVITATION.finditer(text)]
    return next((way for way in found if not way.stop_only), found[0] if found else None)


def _invited(invitation: re.Match[str]) -> Route:
    words = [word for word in invitation[1].split() if word == word.upper() and len(word) > 1]
    keyword = next((word for word in words if word not in MEANT | FILLERS), "")
    meant = MEANT.intersection(words)
    last = bool(keyword) and len(words) > 1 and words[-1] == keyword
    return Route(invitation[2], keyword, keyword_last=last, stop_only=bool(meant) and meant <= STOPS)


def reply(seed: str, number: str, nth: int, *, country: str, way: Route, mood: Mood | None = None) -> Reply:
    """The answer of this person to the nth text they got. `mood` forces what it says."""
    chance = draw(seed, "reply", number, nth)
    if mood is None:
        mood = next(mood for mood, upto in MOODS if chance[0] < upto)
    phrases = SAID[LANGUAGE.get(country, "en")][mood]
    text = phrases[int(chance[1] * len(phrases))]
    if way.keyword:
        text = f"{text} {way.keyword}" if way.keyword_last else f"{way.keyword} {text}"
    # Nobody reads and types in under eight seconds; the last ones come within two minutes.
    return Reply(way.to, text, min(8 + log_normal(22, 0.8, chance[2]), 110), stops=mood is Mood.STOP)


def identify(to: str, text: str) -> tuple[str, str] | None:
    """Keyword and sub-keyword of an incoming text: its first two words on a short code; None on a long number.

    >>> identify("2345", "Hello wonderful world!"), identify("2345", "Ja!"), identify("4759440000", "Hello")
    (('HELLO', 'WONDERFUL'), ('JA', ''), None)
    """
    if len(to) > 6:
        return None
    words = re.findall(r"\w+", text.upper())
    return (words[0] if words else ""), (words[1] if len(words) > 1 else "")
