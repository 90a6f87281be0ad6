"""Words, numbers, money and times as the reader writes them: Norwegian bokmål or English. The code is in English."""

import gettext
import time
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import streamlit as st
from babel import Locale, dates, numbers

from nextpod_core.sentences import Sentence, say
from pages.parts import catalogue

Language = Literal["nb", "en"]
LANGUAGES: dict[Language, str] = {"nb": "Norsk", "en": "English"}
COOKIE = "nextpod_language"
LOCALES: dict[Language, Locale] = {"nb": Locale("nb"), "en": Locale("en", "GB")}
_NOTHING = "–"
_ENGLISH = gettext.NullTranslations()

# English dates name the month, because 11/12 is two different days to two English readers.
_WHEN: dict[Language, dict[str, str]] = {
    "nb": {
        "short": "dd.MM.yyyy HH:mm",
        "date": "dd.MM.yyyy",
        "time": "HH:mm",
        "second": "dd.MM.yyyy HH:mm:ss",
        "day": "d. MMM",
        "weekday": "EEE d. MMM HH:mm",
        "long": "EEEE d. MMMM yyyy 'kl.' HH:mm",
    },
    "en": {
        "short": "d MMM yyyy, HH:mm",
        "date": "d MMM yyyy",
        "time": "HH:mm",
        "second": "d MMM yyyy, HH:mm:ss",
        "day": "d MMM",
        "weekday": "EEE d MMM HH:mm",
        "long": "EEEE d MMMM yyyy, HH:mm",
    },
}
_WITHOUT_YEAR = 300 * 86_400_000  # Milliseconds within which a day and a month say which day is meant.
Style = Literal["short", "date", "time", "second", "day", "weekday", "long"]

STATUS: dict[str, Sentence] = {
    "queued": say("Waiting"),
    "sending": say("Being sent"),
    "accepted": say("Accepted"),
    "pending": say("On its way"),
    "sent": say("Sent on"),
    "delivered": say("Delivered"),
    "failed": say("Failed"),
    "expired": say("Expired"),
    "rejected": say("Rejected"),
    "skipped": say("Left out"),
    "cancelled": say("Cancelled"),
    "refused": say("Refused"),
    "unknown": say("Unknown (may have been sent)"),
    "unrecognised": say("Unheard-of status"),
    "no_report": say("No delivery report"),
}
STATE: dict[str, Sentence] = {
    "draft": say("Draft"),
    "scheduled": say("Scheduled"),
    "sending": say("Being sent"),
    "paused": say("Paused"),
    "finished": say("Finished"),
    "cancelled": say("Cancelled"),
    "waiting": say("Waiting"),
    "running": say("Working"),
    "done": say("Ready"),
    "failed": say("Failed"),
}


# Asked for some 700 times a page, each time parsing the cookies anew. Every run of a script is a thread of its own.
_settled: ContextVar[Language | None] = ContextVar("settled", default=None)


def settle_language() -> None:
    """Find out the reader's language once for this run of the script."""
    _settled.set(None)
    _settled.set(language())


def language() -> Language:
    """The reader's language: what was chosen, else what the browser asks for; English where there is no browser."""
    if settled := _settled.get():
        return settled
    chosen = st.context.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen  # type: ignore[return-value]
    asked = st.context.headers.get("Accept-Language") or st.context.locale or "en"
    return best(str(asked))


def best(accept: str) -> Language:
    """The first of a browser's languages that we have, by the order it gives them in (RFC 9110, 12.5.4).

    >>> best("nn-NO,nn;q=0.9,en;q=0.8"), best("sv,no;q=0.5"), best("de-DE")
    ('nb', 'nb', 'en')
    """
    weighed = []
    for place, part in enumerate(accept.split(",")):
        tag, _semicolon, weight = part.strip().lower().partition(";q=")
        known = {"nb": "nb", "nn": "nb", "no": "nb", "en": "en"}.get(tag.split("-")[0].split("_")[0])
        try:
            weighed.append((-float(weight or 1), place, known))
        except ValueError:
            continue
    return next((known for weight, _place, known in sorted(weighed, key=lambda w: w[:2]) if known and weight), "en")  # type: ignore[return-value]


def _(text: str, **values: str | int | float | None) -> str:
    """`text` (a literal) in the reader's language, with `values` put in, numbers as the reader writes them."""
    return _put_in(_catalogue().gettext(text), values) if text else ""


def n_(one: str, many: str, /, count: int, **values: str | int | float | None) -> str:
    """A sentence whose wording hangs on `count`, which is also the value `{count}`."""
    return _put_in(_catalogue().ngettext(one, many, count), {**values, "count": number(count)})


def tr(sentence: Sentence | None) -> str:
    """A sentence of the core in the reader's language; nothing for None."""
    if sentence is None:
        return ""
    if sentence.plural is None or sentence.count is None:
        return _put_in(_catalogue().gettext(sentence.text), sentence.values)
    return _put_in(
        _catalogue().ngettext(sentence.text, sentence.plural, sentence.count),
        {**sentence.values, "count": number(sentence.count)},
    )


def status_label(status: str) -> str:
    """What a message's status is called; a status that has no name stands as it is."""
    return tr(STATUS[status]) if status in STATUS else status


def country_name(iso: str) -> str:
    """A country's name in the reader's language, by its ISO code; the code where it has no name."""
    return str(LOCALES[language()].territories.get(iso, iso))


def state_label(state: str) -> str:
    """What the state of a campaign or an import is called."""
    return tr(STATE[state]) if state in STATE else state


def campaign_name(kind: str, name: str) -> str:
    """What a campaign is called: those that stand for good by our own words, the others as people named them."""
    own = {"answers": _("Answers"), "confirmations": _("Confirmations of opting out"), "tests": _("Test texts")}
    return own.get(kind, name)


def number(n: float | None, digits: int = 0) -> str:
    """48 210 or 48,210; `digits` after the decimal sign; a dash for None."""
    if n is None:
        return _NOTHING
    return _number(n, digits, language())


def percent(share: float | None, digits: int = 1) -> str:
    """96,6 % or 96.6%, of a share from 0 to 1; a dash for None."""
    if share is None:
        return _NOTHING
    return _percent(share, digits, language())


def money(amount: float | None, currency: str = "NOK", *, short: bool = False) -> str:
    """708,63 kr or NOK 708.63; a dash for None. `short`: from ten thousand on without the decimals."""
    if amount is None:
        return _NOTHING
    return _money(amount, currency, language(), 0 if short and abs(amount) >= 10_000 else 2)


def when(ms: int | None, zone: ZoneInfo, style: Style = "short") -> str:
    """A time (UTC milliseconds) on the clock of `zone`: 22.11.2026 14:05 or 22 Nov 2026, 14:05; a dash for None."""
    if ms is None:
        return _NOTHING
    local = datetime.fromtimestamp(ms / 1000, tz=UTC).astimezone(zone)
    pattern = _WHEN[language()][style]
    if "MMM" in pattern and "y" not in pattern and abs(ms - time.time() * 1000) > _WITHOUT_YEAR:
        pattern = pattern.replace("MMM", "MMM yyyy")  # Far off, a wrong year must not look like the right one.
    return _date(local, pattern, zone, language())


def ago(ms: int | None, now: int) -> str:
    """How long before `now`, both UTC milliseconds: for 2 minutter siden, 2 minutes ago; a dash for None."""
    if ms is None:
        return _NOTHING
    between = timedelta(milliseconds=ms - now)
    return dates.format_timedelta(between, add_direction=True, threshold=1.2, locale=LOCALES[language()])


def duration(ms: float | None) -> str:
    """A stretch of time of `ms` milliseconds, in the two largest units that say something; a dash for None."""
    if ms is None:
        return _NOTHING
    if ms < 1000:
        return f"{ms:.0f}\u00a0ms"
    if ms < 59_950:
        return f"{number(ms / 1000, 1)}\u00a0s"
    hour, day = ("t", "d") if language() == "nb" else ("h", "d")
    seconds = round(ms / 1000)
    for size, unit, smaller, small in ((86_400, day, 3600, hour), (3600, hour, 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{number(seconds // size)}\u00a0{unit}" + (f" {rest}\u00a0{small}" if rest else "")
    return f"{seconds}\u00a0s"


def list_of(parts: list[str], *, last_or: bool = False) -> str:
    """a, b og c; or a, b eller c."""
    if len(parts) < 2:
        return "".join(parts)
    if last_or:
        return _("{first} or {last}", first=", ".join(parts[:-1]), last=parts[-1])
    return _("{first} and {last}", first=", ".join(parts[:-1]), last=parts[-1])


def _catalogue() -> gettext.NullTranslations:
    return catalogue.norwegian() if language() == "nb" else _ENGLISH


# Babel takes 50 to 100 µs to write a value, and a page writes some hundred, mostly those that it wrote before.
@lru_cache(8192)
def _number(n: float, digits: int, lang: Language) -> str:
    return numbers.format_decimal(n, format=_decimals("#,##0", digits), locale=LOCALES[lang])


@lru_cache(8192)
def _percent(share: float, digits: int, lang: Language) -> str:
    pattern = "#,##0\u00a0%" if lang == "nb" else "#,##0%"
    return numbers.format_percent(share, format=_decimals(pattern, digits), locale=LOCALES[lang])


@lru_cache(8192)
def _money(amount: float, currency: str, lang: Language, digits: int) -> str:
    pattern = _decimals("#,##0\u00a0¤" if lang == "nb" else "¤¤\u00a0#,##0", digits)
    return numbers.format_currency(amount, currency, format=pattern, locale=LOCALES[lang], currency_digits=False)


@lru_cache(8192)
def _date(local: datetime, pattern: str, zone: ZoneInfo, lang: Language) -> str:
    # With the zone of the value itself, else Babel turns it into UTC again.
    return dates.format_datetime(local, pattern, tzinfo=zone, locale=LOCALES[lang])


def _decimals(pattern: str, digits: int) -> str:
    return pattern.replace("0", "0." + "0" * digits, 1) if digits else pattern


def _put_in(text: str, values: dict[str, str | int | float | None]) -> str:
    # The core says a country by its code, which is no word of any language.
    return text.format(
        **{name: country_name(str(value)) if name == "region" else _written(value) for name, value in values.items()}
    )


def _written(value: str | int | float | None) -> str:
    # A number of four digits stands undivided: it may be a line, a port or a short code.
    if isinstance(value, float):
        return number(value, 0 if value.is_integer() else 2)
    if isinstance(value, int) and abs(value) >= 10_000:
        return number(value)
    return str(value)
