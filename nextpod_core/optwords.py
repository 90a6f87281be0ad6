"""
The words that opting out and in are judged by, as they ship in `data/opt_words.csv`. A team may edit the first three.

STOP and STOPP are confirmed for Norway; the rest are the words that people and operators use in each language.
"""

import re
from dataclasses import dataclass

from nextpod_core import reference


def listed(name: str) -> tuple[str, ...]:
    """The words and phrases of one list in `data/opt_words.csv`, each once."""
    return tuple(dict.fromkeys(row["words"] for row in reference.table("opt_words") if row["list"] == name))


@dataclass(frozen=True, slots=True)
class OptWords:
    """
    `out` opts out, `back` opts in again, `near` (other forms of the same words) opts out and is listed for review.
    Words or phrases, in any case.
    """

    out: tuple[str, ...]
    back: tuple[str, ...] = listed("back")
    near: tuple[str, ...] = listed("near")


DEFAULT = OptWords(listed("out"))

# Other lists of the file: "courtesy" (greetings, thanks and "just"; no word of denying is among them, so "ikke stopp"
# stays what it is), "hint" (asks to be left alone without a word of the lists: only flagged), "no_slip" (one slip of
# the finger away from a word of opting out, and words in their own right), "telling" (before the word: "Svar STOPP").

# Keys that lie beside each other on a Nordic phone keyboard, letters folded (å as a, ø and ö as o, æ and ä as a).
_ROWS = ("qwertyuiopå", "asdfghjkløæ", "zxcvbnm")
_FOLD = str.maketrans("åøæ", "aoa")


def _beside() -> dict[str, str]:
    """Each letter's neighbours: left and right in its row, and those half a key off in the rows above and below."""
    beside: dict[str, set[str]] = {}
    for number, row in enumerate(_ROWS):
        for place, letter in enumerate(row):
            near = {row[each] for each in (place - 1, place + 1) if 0 <= each < len(row)}
            for other, shifts in ((number - 1, (0, 1)), (number + 1, (-1, 0))):
                if 0 <= other < len(_ROWS):
                    near |= {_ROWS[other][place + s] for s in shifts if 0 <= place + s < len(_ROWS[other])}
            beside.setdefault(letter.translate(_FOLD), set()).update(each.translate(_FOLD) for each in near)
    return {letter: "".join(sorted(near)) for letter, near in beside.items()}


BESIDE = _beside()

# Outgoing texts: verbs that ask for an answer, and what takes them back.
ANSWER = re.compile(
    r"\b(?:svar|svare|svarer|besvar|svara|svarar|vastaa|vastatkaa|svaraðu|svarið|antworte|antworten|vastit|vástit"
    r"|reply|replying|respond|answer|text\s+back|send\s+(?:oss\s+)?(?:ja|nei|yes|no|stopp?|en\s+sms|sms|melding)"
    r"|skicka\s+(?:ja|nej|stopp?)|lähetä\s+(?:kyllä|ei|joo|stop)|sende\s+(?:ja|nein|stopp?)"
    r"|text\s+(?:yes|no|stop)|sms\s+(?:ja|nei|stopp?))\b",
    re.IGNORECASE,
)
NO_ANSWER = re.compile(
    r"\b(?:ikke\s+(?:svar|svare|besvar|besvares|bli\s+besvart)\w*|svar\s+ikke|(?:kan|skal)\s+ikke\s+besvares"
    r"|inte\s+(?:svara|besvaras)|svara\s+inte|(?:do\s+not|don['’]?t|cannot|can['’]?t)\s+(?:be\s+)?(?:reply|replied|respond|answer)\w*"
    r"|no[- ]?reply|älä\s+vastaa|älkää\s+vastatko|ei\s+voi\s+vastata|ekki\s+svara|nicht\s+(?:be)?antworten"
    r"|(?:få|får|gi|gir|venter|ditt|ditt|deres|vårt|har|på|et|your|our|an|the|ett)\s+(?:svar|answer|reply))\b",
    re.IGNORECASE,
)
TO_A_NUMBER = re.compile(r"\b(?:til|till|to|an|á|í|numeroon|nr|nummer)\s*:?\s*\+?\d[\d ]{3,}", re.IGNORECASE)
STOP_LINK = re.compile(
    r"\S+[./]\S*(?:avmeld|meld-?av|unsub|opt-?out|stopp?\b|afmeld|avreg|peru|abmeld)\S*", re.IGNORECASE
)
