"""What the team sets on the settings page: one frozen value, kept as JSON by name, with a default for each."""

import dataclasses
import json
import re
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import available_timezones

from nextpod_core import changes, keywords, roles
from nextpod_core.db import Connection, transaction
from nextpod_core.errors import BadInput
from nextpod_core.keywords import OptWords
from nextpod_core.people import Actor, audit


@dataclass(frozen=True, slots=True)
class Options:
    """Prices are per part in `currency`, by the ISO code of the number's country; window times are HH:MM in `zone`."""

    team: str = ""
    zone: str = "Europe/Oslo"
    region: str = "NO"
    currency: str = "NOK"
    price: float | None = None
    prices: dict[str, float] = field(default_factory=dict)
    window_from: str = "08:00"
    window_to: str = "20:00"
    per_minute: int | None = None
    daily_limit: int | None = None
    short_code: str = "2345"
    opt_out_words: list[str] = field(default_factory=list)  # in addition to those shipped (keywords.py)
    opt_in_words: list[str] = field(default_factory=list)
    confirm_opt_out: bool = False
    confirmation_text: str = ""
    confirmation_sender: str = ""
    typed_count_above: int = 1000
    texted_within_days: int = 7
    canned: list[str] = field(default_factory=list)
    countdown: int | None = None  # seconds; None for what suits the mode, 0 for none
    wave_above: int | None = 1000  # recipients; None for no first wave
    wave_size: int = 200
    wave_minutes: int = 10
    approval_above: int | None = None  # recipients; a campaign of more waits for a second person
    approval_above_price: float | None = None
    approval_alone: bool = False  # in an emergency one approver may release without a second person, with a reason
    admins_need_codes: bool = False
    idle_minutes: int = 60
    keep_numbers_days: int | None = 365  # numbers and texts of what was sent; None for ever
    keep_inbound_days: int | None = 180  # what people wrote
    keep_bodies_days: int | None = 30  # what came over the wire, as it came
    keep_uploads_days: int = 7  # lists, as they were uploaded and as they were read


def read(db: Connection) -> Options:
    """The options as they stand now."""
    kept: dict[str, Any] = {row["name"]: json.loads(row["value"]) for row in db.execute("SELECT * FROM options")}
    names = {field.name for field in dataclasses.fields(Options)}
    return Options(**{name: value for name, value in kept.items() if name in names})


def change(db: Connection, *, by: Actor, now: int, **values: Any) -> Options:
    """Set the named options, all or none. Raises BadInput for a value that can't be used."""
    roles.allow(by, "options.change")
    with transaction(db):
        wanted = dataclasses.replace(read(db), **values)
        _check(wanted)
        for name in values:
            db.execute(
                """
                INSERT INTO options VALUES (:name, :value, :now)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at
                """,
                {"name": name, "value": json.dumps(getattr(wanted, name), ensure_ascii=False), "now": now},
            )
        detail = {name: json.dumps(values[name], ensure_ascii=False)[:200] for name in sorted(values)}
        audit(db, by=by, action="options.change", now=now, subject="options", detail=dict(detail))
        changes.bump(db, "options")
    return wanted


def opt_words(options: Options) -> OptWords:
    """The words of opting out and in as they are in force: those that ship, and the team's own."""
    return OptWords(
        keywords.DEFAULT.out + tuple(options.opt_out_words),
        keywords.DEFAULT.back + tuple(options.opt_in_words),
    )


def price_of(options: Options, region: str | None) -> float | None:
    """What one part to a number of this country costs; None where nobody has said."""
    return options.prices.get(region or "", options.price)


def countdown_ms(options: Options, mode: str) -> int:
    """How long a campaign that is sent at once can still be stopped, in milliseconds: the team's, else the mode's."""
    seconds = options.countdown if options.countdown is not None else 60 if mode == "live" else 10
    return seconds * 1000


def first_wave(options: Options, planned: int, *, urgent: bool, handed_over: bool) -> tuple[int, int] | None:
    """Size of a campaign's first wave and how long the rest waits, in milliseconds; None when all leave at once.

    What is urgent doesn't wait, and what Nextpod holds can't be held here.
    """
    if urgent or handed_over or options.wave_above is None or planned <= max(options.wave_above, options.wave_size):
        return None
    return options.wave_size, options.wave_minutes * 60_000


# Yes and no in the languages that ship: as a word of opting out, one of them would silence everybody who answers.
_ANSWERS = frozenset(
    [
        "ja",
        "jo",
        "yes",
        "ok",
        "okay",
        "okei",
        "nei",
        "nej",
        "no",
        "kyllä",
        "joo",
        "ei",
        "juu",
        "takk",
        "tack",
        "tak",
        "thanks",
        "kiitos",
    ]
)


def _check(options: Options) -> None:
    if options.zone not in available_timezones():
        raise BadInput("{zone} is not a time zone. Write one such as Europe/Oslo.", zone=options.zone)
    for time in (options.window_from, options.window_to):
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", time):
            raise BadInput("{time} is not a time of day. Write one such as 08:00.", time=time)
    if options.window_from == options.window_to:
        raise BadInput("The daily window must have a beginning and an end that differ.")
    if not re.fullmatch(r"[A-Z]{3}", options.currency):
        raise BadInput("{currency} is not a currency. Write three letters such as NOK.", currency=options.currency)
    for price in [options.price, *options.prices.values()]:
        if price is not None and not 0 <= price < 1000:
            raise BadInput("A price per SMS part must lie between 0 and 1000.")
    for limit in (options.per_minute, options.daily_limit):
        if limit is not None and limit < 1:
            raise BadInput("A limit must be 1 or more. Leave it empty for no limit.")
    for word in [*options.opt_out_words, *options.opt_in_words]:
        if not 2 <= len(word.strip()) <= 30 or not any(letter.isalnum() for letter in word):
            raise BadInput("{word} can't be such a word. It has 2 to 30 characters.", word=word[:40])
        if word.strip().casefold() in _ANSWERS:
            raise BadInput("{word} is how people answer a question. It can't opt them out or in.", word=word)
    if options.countdown is not None and not 0 <= options.countdown <= 600:
        raise BadInput("A countdown takes at most 600 seconds; 0 is none.")
    if options.wave_above is not None and (options.wave_above < 1 or options.wave_size < 1):
        raise BadInput("A first wave needs at least one recipient.")
    if not 1 <= options.wave_minutes <= 24 * 60:
        raise BadInput("The rest can wait for 1 minute to 24 hours.")
    if options.approval_above is not None and options.approval_above < 0:
        raise BadInput("The size above which a second person is asked must be 0 or more.")
    if options.approval_above_price is not None and not 0 <= options.approval_above_price < 1e9:
        raise BadInput("The price above which a second person is asked must be 0 or more.")
    if not 5 <= options.idle_minutes <= 720:
        raise BadInput("Sessions can end after 5 to 720 minutes without work.")
    _check_ages(options)
    if options.confirm_opt_out and not options.confirmation_text.strip():
        raise BadInput("Write the text that confirms an opt-out, or switch the confirmation off.")


LONGEST_KEPT = 3_650
# Within fourteen days a text may be the answer to a campaign (inbound.ANSWER_WITHIN), and reports come for days.
SHORTEST_KEPT = {"keep_numbers_days": 30, "keep_inbound_days": 7, "keep_bodies_days": 1, "keep_uploads_days": 1}
LONGEST_UPLOADS = 90


def _check_ages(options: Options) -> None:
    for name, least in SHORTEST_KEPT.items():
        days = getattr(options, name)
        most = LONGEST_UPLOADS if name == "keep_uploads_days" else LONGEST_KEPT
        if days is None and name == "keep_uploads_days":
            raise BadInput("Uploaded lists can't be kept for ever: once they are read, nothing needs them.")
        if days is not None and not least <= days <= most:
            raise BadInput("This can be kept for {least} to {most} days.", least=least, most=most)
