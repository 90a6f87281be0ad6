"""An audience as it arrives: the header of a table found, its columns named and the number column guessed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from nextpod_core import msisdn, templates
from nextpod_core.errors import BadInput
from nextpod_core.sentences import Sentence, say, say_count

SAMPLE = 200
MOST_COLUMNS = 500
LONGEST_CELL = 5_000  # A text holds 1,500 characters.


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# no, sv, da, fi, en, de; keys as `templates.key` makes them. Mobile beats phone beats a mere "number".
_MOBILE = _words("""
    mobil mobilnr mobilnummer mobilnummeret mobiltelefon mobiltelefonnummer mobiltlf mobilno mob msisdn mobile
    mobilenumber mobileno mobilephone mobilephonenumber cell cellphone cellnumber cellphonenumber sms smsnummer
    smsnumber gsm gsmnumero matkapuhelin matkapuhelinnumero matkapuhelinnro kännykkä kännykkänumero handy
    handynummer handynr mobilfunk mobilfunknummer mobilrufnummer mobiltelefonnr mobilnumre
""")
_PHONE = _words("""
    telefon telefonnummer telefonnr telefonno tlf tlfnr tlfnummer tlf. tlf.nr tlf.nr. tel telnr tel. telnummer phone
    phonenumber phoneno phonenr telephone telephonenumber telefonnummeret puhelin puhelinnumero puhelinnro puh puh.
    rufnummer telefonnumre kontaktnummer contactnumber contactphone whatsapp
""")
_NUMBER = _words("""
    nummer nr number no num numero nro to til till an recipient recipients mottaker mottakere mottakar mottagare
    modtager empfänger vastaanottaja receiver
""")
_OTHER = _words("""
    orgnr organisasjonsnummer fødselsnummer fødselsdato personnummer personnr kundenr kundenummer kundnr kundnummer
    medlemsnr medlemsnummer postnr postnummer postkode zip zipcode plz fax faks id kontonr kontonummer ordrenr
    ordrenummer fakturanr bilnr kunde customerid customernumber birthdate dob cvr cvrnr cpr ytunnus
""")

_CODES = _words("""
    landkode landskode landskod landsnummer landskoder countrycode callingcode dialcode diallingcode dialingcode
    isdcode phonecode phonecountrycode maakoodi maatunnus suuntanumero ländervorwahl landesvorwahl vorwahl prefix
    prefiks
""")

# UTF-8 that was read as Windows-1252 somewhere: what becomes of æ ø å ö ä é and their capitals, and of dashes.
_GARBLED = re.compile("Ã[¦¸¥¶¤©\u2020\u02dc\u2026\u2013\u201e\u2030]|â€[\u201c\u201d\u2122]|\ufffd")


_DIGITS = re.compile(r"[+(]?\d[\d\u00a0 ()./-]*", re.ASCII)
_FIVE_DIGITS = re.compile(r"(?:\D*\d){5}")  # Less is no number, and needs no closer look.
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}", re.ASCII)

# Space of every kind, and what old programs end a file with.
_NOTHING = " \t\r\n\x0b\x0c\x1a\x1e\x1f\u00a0\u2003\u3000\ufeff\u200b"


@dataclass(frozen=True, slots=True)
class Layout:
    """
    What was made of the first rows. `header_row` is None when the columns have no names (letters stand in);
    `number_column` is None when nothing looks like a number. `examples` is a value of each column.
    """

    header_row: int | None
    header: tuple[str, ...]
    columns: tuple[str, ...]
    number_column: int | None
    examples: tuple[str, ...]
    notes: tuple[Sentence, ...]

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether a row further down is the header once more, as in lists that were pasted together."""
        if not self.header or not cells or cells[0].strip().casefold() != self.header[0].casefold():
            return False
        again = [cell.strip().casefold() for cell in cells[: len(self.header)]]
        return again == [name.casefold() for name in self.header]


def is_blank(cells: Sequence[str]) -> bool:
    """Whether nothing stands in a row."""
    return not any(cells) or not "".join(cells).strip(_NOTHING)


def first_rows(rows: Iterator[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """The first rows in which something stands, taken from `rows`."""
    return list(islice(((row, cells) for row, cells in rows if not is_blank(cells)), SAMPLE))


def layout(rows: Sequence[tuple[int, list[str]]], *, region: str, number_column: int | None = None) -> Layout:
    """Find header, columns and number column in the first rows (`first_rows`); a column that was chosen stands."""
    notes: list[Sentence] = []
    place = _header_place(rows, region)
    header_row = None if place is None else rows[place][0]
    header = [] if place is None else [" ".join(cell.split()) for cell in rows[place][1]]
    below = rows if place is None else rows[place + 1 :]
    width = _width(header, [cells for _row, cells in below])
    if width > MOST_COLUMNS:
        notes.append(
            say(
                "The sheet has {width} columns; only the first {most} are read.", width=width, most=MOST_COLUMNS
            )
        )  # fmt: skip
        width = MOST_COLUMNS
    columns = _names(header, width)
    if place is None and rows:
        notes.append(say("The first row holds a number, so the columns have no names: they are called A, B, C."))
    elif place:
        notes.append(say("Row {row} was taken for the header; what stands above it is left out.", row=header_row))
    doubled = _doubled(header[:width])
    if doubled:
        notes.append(say("More than one column is called {name}. The first of them is used.", name=doubled))
    if garbled := next((found[0] for _row, cells in rows for cell in cells if (found := _GARBLED.search(cell))), None):
        notes.append(
            say(
                "Some letters look garbled, such as {letters}. Save the list as CSV (UTF-8) and upload it again.",
                letters=garbled,
            )
        )
    number = number_column if number_column is not None and number_column < width else None
    if number is None:
        number = _number_column(columns, [cells for _row, cells in below], region)
    if (
        place is None
        and number is not None
        and any(sum(_sendable(cell, region) for cell in cells) > 1 for _row, cells in below[:50])
    ):
        notes.append(
            say(
                "Numbers stand side by side: only those in column {name} get the text. Put each on a line of its own.",
                name=columns[number],
            )
        )
    if told := _other_codes(columns, [cells for _row, cells in below], number, region):
        notes.append(told)
    examples = tuple(
        next((cells[at].strip()[:80] for _row, cells in below if at < len(cells) and cells[at].strip()), "")
        for at in range(width)
    )
    # The stripped cells, for `is_header`: a repeated header has them letter by letter, perhaps in capitals.
    raw = () if place is None else tuple(cell.strip() for cell in rows[place][1][:width])
    return Layout(header_row, raw, columns, number, examples, tuple(notes))


def number_columns(columns: Sequence[str]) -> list[str]:
    """Every column whose name says that it holds numbers to text; more than one is worth asking about."""
    return [column for column in columns if templates.key(column) in _MOBILE | _PHONE]


def place_of(column: str, columns: Sequence[str]) -> int:
    """Where the column `column` stands, however it is written as a placeholder. Raises BadInput when it does not."""
    for place, name in enumerate(columns):
        if templates.key(name) == templates.key(column):
            return place
    raise BadInput("The list has no column {name}. It has {columns}.", name=column, columns=", ".join(columns[:20]))


def noticed(*, repaired: int, headers: int, ragged: int, first_ragged: int, cut: int) -> Iterator[Sentence]:
    """What is told of rows that were read, by how many there were of each kind."""
    if repaired:
        yield say_count(
            "{count} number was mended: Excel had changed how it is written.",
            "{count} numbers were mended: Excel had changed how they are written.",
            repaired,
        )
    if headers:
        yield say_count(
            "The header stands once more further down; that row is left out.",
            "The header stands {count} times more further down; those rows are left out.",
            headers,
        )
    if ragged:
        yield say_count(
            "{count} row has more cells than the header (row {first}). Look at it: a comma in a name moves the rest.",
            "{count} rows have more cells than the header, the first is row {first}. A comma in a name moves the rest.",
            ragged,
            first=first_ragged,
        )
    if cut:
        yield say_count(
            "{count} row has a cell of more than {most} characters; it was cut there.",
            "{count} rows have a cell of more than {most} characters; it was cut there.",
            cut,
            most=LONGEST_CELL,
        )


def _header_place(rows: Sequence[tuple[int, list[str]]], region: str) -> int | None:
    """Where in `rows` the header stands; None when the very first row holds a number."""
    above = []
    columns = {
        at for _row, cells in rows[:50] for at, cell in enumerate(cells[:MOST_COLUMNS]) if _sendable(cell, region)
    }
    for place, (_row, cells) in enumerate(rows[:50]):
        # A number that can't be texted stands in the first row as well as in any other, and makes no header of it.
        if any(
            _sendable(cell, region) or (at in columns and _is_meant_as_number(cell)) for at, cell in enumerate(cells)
        ):
            break
        above.append((place, cells))
    if not above:
        return None
    filled = [sum(bool(cell.strip()) for cell in cells) for _place, cells in above]
    named = next((at for at, (_, cells) in enumerate(above) if any(map(_names_numbers, cells))), None)
    if named is not None:
        # "Phone 1 - Type" above names them too, where as many columns have a name: "Mobile" below it is a value.
        about = (
            at for at in range(named) if filled[at] >= filled[named] and any(map(_speaks_of_numbers, above[at][1]))
        )
        return above[next(about, named)][0]
    if len(above) == min(len(rows), 50):  # No number anywhere: the first row is as good as any.
        return 0
    return above[filled.index(max(filled))][0]


def _other_codes(
    columns: Sequence[str], rows: Sequence[Sequence[str]], number: int | None, region: str
) -> Sentence | None:
    """A column of country codes beside the numbers: 40 12 34 56 is a mobile in Denmark and another one in Norway."""
    at = next((place for place, column in enumerate(columns) if templates.key(column) in _CODES), None)
    if at is None or at == number:
        return None
    own = {"", region.casefold(), str(dict(msisdn.countries())[region])}
    for cells in rows:
        code = cells[at].strip().casefold().lstrip("+0").removesuffix(".0") if at < len(cells) else ""
        if code not in own:
            return say(
                "Column {name} holds other country codes, such as {code}, and is not read: a number without its "
                "country code is taken for one of {region}. Put the code in front of the number.",
                name=columns[at], code=cells[at].strip()[:20], region=region,
            )  # fmt: skip
    return None


def _sendable(cell: str, region: str) -> bool:
    return len(cell) < 40 and _FIVE_DIGITS.match(cell) is not None and msisdn.read(cell, region=region).sendable


def _names_numbers(cell: str) -> bool:
    return templates.key(cell) in _MOBILE | _PHONE


def _speaks_of_numbers(cell: str) -> bool:
    return len(cell) < 40 and _word(templates.key(cell)) >= 0.5


def _is_meant_as_number(cell: str) -> bool:
    """Whether it is a number with a digit too few, a landline or the like; no year, date or count."""
    cell = cell.strip().strip("'")
    return _DIGITS.fullmatch(cell) is not None and sum(map(str.isdigit, cell)) > 5 and not _DATE.fullmatch(cell)


def _width(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Columns up to the last with a name, or with something in every fifth row."""
    width = max((at + 1 for at, name in enumerate(header) if name.strip()), default=0)
    filled = sorted(
        max((at + 1 for at, cell in enumerate(cells) if cell and cell.strip()), default=0) for cells in rows
    )
    if not header:
        return filled[-1] if filled else 0
    # One row that is too long is a comma too many; a fifth of them have a column without a name.
    many = len(filled) // 5 or min(1, len(filled) - 1)
    return max(width, filled[-1 - many] if filled else 0)


def _names(header: Sequence[str], width: int) -> tuple[str, ...]:
    names: list[str] = []
    taken: set[str] = set()
    for at in range(width):
        name = (header[at].strip() if at < len(header) else "") or _letters(at)
        base, again = name, 2
        while templates.key(name) in taken:
            name, again = f"{base} ({again})", again + 1
        taken.add(templates.key(name))
        names.append(name)
    return tuple(names)


def _letters(at: int) -> str:
    letters, at = "", at + 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _doubled(header: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for name in header:
        if name.strip() and templates.key(name) in seen:
            return name
        seen.add(templates.key(name))
    return None


def _number_column(columns: Sequence[str], rows: Sequence[Sequence[str]], region: str) -> int | None:
    """By what the header says and by what stands below it; None when neither says anything."""
    best: tuple[float, int] | None = None
    for at, column in enumerate(columns):
        cells = [cells[at] for cells in rows if at < len(cells) and cells[at].strip()]
        share = sum(_sendable(cell, region) for cell in cells) / len(cells) if cells else 0.0
        word = _word(templates.key(column))
        score = share + word - (0.2 if _is_counted(cells) else 0)
        if (share >= 0.3 or word > 0.1) and score > 0.1 and (best is None or score > best[0]):
            best = (score, at)
    return best[1] if best else None


def _is_counted(cells: Sequence[str]) -> bool:
    """Whether each is one more than the one before: customers are numbered so, and people's phones are not."""
    if len(cells) < 3 or not all(cell.strip().isdecimal() and len(cell) < 20 for cell in cells):
        return False
    first = int(cells[0])
    return all(int(cell) == first + place for place, cell in enumerate(cells))


def _word(key: str) -> float:
    if key in _MOBILE:
        return 1.0
    if key in _PHONE:
        return 0.7
    if key in _OTHER:
        return -0.7
    if key in _NUMBER:
        return 0.1
    return 0.5 if re.search(r"mobil|phone|telefon|\btlf|puhelin|msisdn|handy", key) else 0.0
