"""
What reading a list costs: a million rows staged by the import's own process, against the plain way (pandas,
`phonenumbers` on every number, `to_sql`), in CPU seconds and peak memory, with every row of both compared.

    python -m bench.imports            # 1,000,000 rows
    python -m bench.imports 100000
    python -m bench.imports 100000 quoted        # or written, countries, decimals, wide, short: nasty lists
    python -m bench.imports 1000000 workbook     # the usual list as xlsx, whole numbers as numbers; pandas by openpyxl
    python -m bench.imports 1000000 texts        # every cell a text of its own, as Excel keeps what was typed as text
    python -m bench.imports 1000000 texts calamine        # pandas with the library that the desk reads workbooks with
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import machine, workbooks
from nextpod_core import imports, settings, staged, store
from nextpod_core.people import COMMAND

NAMES = ["Kari", "Ola", "Siv", "Łucja", "Åse-Marie", "Per", "José", "Ada", "Zoë", "Mohammed", ""]
MOBILE = ["40", "41", "45", "46", "47", "48", *map(str, range(90, 100))]  # What Norwegian mobiles begin with.
NOW = time.time_ns() // 1_000_000


def make(path: Path, rows: int, kind: str = "usual") -> None:
    """A list as people keep them: most numbers plain, some spaced or with a country code, few of them wrong.

    Or a nasty one, by `kind`: every cell in quotes, written with spaces and hyphens, of many countries, as decimals
    that a program made, of ten columns with trailing delimiters, with every tenth row too short.
    """
    dice = random.Random(7)
    with path.open("w", encoding="utf-8") as file:
        more = ";Adresse;Postnr;Sted;E-post;Født;Kontingent;Merknad;;" if kind == "wide" else ""
        file.write(f"Navn;Mobil;Medlemsnr{more}\n")
        for row in range(rows):
            digits = f"{dice.choice(MOBILE)}{dice.randrange(10**6):06d}"
            number = dice.choices(
                [digits, f"{digits[:3]} {digits[3:5]} {digits[5:]}", f"+47{digits}", f"0047 {digits}", digits[:7],
                 f"2{digits[1:]}", f"+46 70 {digits[1:4]} {digits[4:6]} {digits[6:]}", "", "ukjent", f"{digits}.0"],
                [70, 12, 8, 2, 1, 2, 2, 1, 1, 1],
            )[0]  # fmt: skip
            name = dice.choice(NAMES)
            if kind == "written":
                number = dice.choice([f"{digits[:3]}-{digits[3:5]}-{digits[5:]}", f"+47 {digits[:3]} {digits[3:]}",
                                      f"0047 {digits}", f"{digits[:2]} {digits[2:4]} {digits[4:6]} {digits[6:]}",
                                      f"(+47) {digits}", f"{digits[:3]}.{digits[3:5]}.{digits[5:]}"])  # fmt: skip
            elif kind == "countries":
                number = dice.choice([digits, f"+4670{digits[1:]}", f"+45 2{digits[1:]}", f"00358 40{digits[1:]}",
                                      f"4670{digits[1:]}", f"+44 7700 9{digits[:5]}", f"+49151{digits}"])  # fmt: skip
            elif kind == "decimals":
                number = f"{digits}.0"
            if kind == "quoted":
                file.write(f'"{name}";"{number}";"{row}"\n')
            elif kind == "wide":
                address = f"Storgata {row % 90};{row % 9999:04d};Sted;p{row}@example.org;{1940 + row % 60};350,00;"
                file.write(f"{name};{number};{row};{address};;\n")
            elif kind == "short" and row % 10 == 0:
                file.write(f"{name};{number}\n")
            else:
                file.write(f"{name};{number};{row}\n")


def make_workbook(path: Path, rows: int, kind: str) -> None:
    """The usual list as a workbook."""
    usual = path.with_suffix(".csv")
    make(usual, rows)
    with usual.open(encoding="utf-8") as lines:
        workbooks.write(path, (_cells(line.rstrip("\n").split(";"), row, kind) for row, line in enumerate(lines)))
    usual.unlink()


def _cells(cells: list[str], row: int, kind: str) -> list[str | int]:
    name, number, member = cells
    if kind == "texts":
        return [f"{name} {row}" if row else name, number, member]
    return [name, *(int(cell) if cell.isdigit() and cell[0] != "0" else cell for cell in (number, member))]


def ours(folder: Path, path: Path) -> tuple[float, int]:
    """CPU seconds and peak memory (bytes) of `python -m nextpod_core import`, with some people suppressed."""
    given = settings.load({"NEXTPOD_DATABASE": str(folder / "desk.db")})
    store.migrate(given, now=NOW, by=COMMAND)
    db = store.open(given)
    with path.open("rb") as file:
        id = imports.begin(given, db, file, filename=path.name, region="NO", by=COMMAND, now=NOW)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The most memory as Linux counts it since the process began: what `resource` tells includes its parent's.
    code = "from nextpod_core.__main__ import main; main(['import', '{}']); {}".format(
        id, "print(*(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    env = {"NEXTPOD_DATABASE": str(folder / "desk.db"), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    db.close()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, int(done.stdout.split()[-2]) * 1024


PLAIN = """
import sys, sqlite3, pandas, phonenumbers
from phonenumbers import PhoneNumberType as kind
if sys.argv[1].endswith("csv"):
    frame = pandas.read_csv(sys.argv[1], sep=";", dtype=str, keep_default_na=False)
else:
    frame = pandas.read_excel(sys.argv[1], dtype=str, keep_default_na=False, engine=sys.argv[3])
mobile = {kind.MOBILE, kind.FIXED_LINE_OR_MOBILE}
def read(cell):
    try:
        found = phonenumbers.parse(cell, "NO")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(found) or phonenumbers.number_type(found) not in mobile:
        return ""
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)[1:]
frame["msisdn"] = frame["Mobil"].map(read)
frame["double"] = frame.duplicated("msisdn") & (frame["msisdn"] != "")
frame.to_sql("people", sqlite3.connect(sys.argv[2]), index=False)
print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def plain(folder: Path, path: Path, engine: str) -> tuple[float, int]:
    """The same work the plain way; a workbook is read with `engine`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, str(path), str(folder / "plain.db"), engine],
        check=True,
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, int(done.stdout.split()[-2]) * 1024


def differences(folder: Path) -> tuple[int, int, list[str]]:
    """Rows that the two call good (a mobile, the first with its number) or not, or give another number; with examples.

    What the rules let in or mend beyond the library (a decimal that Excel added, a country code without its plus) is no
    difference; how many such rows there are is told beside.
    """
    import sqlite3

    db = store.open(settings.load({"NEXTPOD_DATABASE": str(folder / "desk.db")}))
    kept = {row: (verdict, number) for row, verdict, number in staged.verdicts(db, 1)}
    db.close()
    theirs_db = sqlite3.connect(folder / "plain.db")
    rows = (
        (rowid + 1, *kept.get(rowid + 1, (None, None)), theirs, double, cell)
        for rowid, theirs, double, cell in theirs_db.execute('SELECT rowid, msisdn, "double", Mobil FROM people')
    )
    wrong, beyond, shown = 0, 0, []
    for row, verdict, number, theirs, double, cell in rows:
        good = verdict == "good"
        if good == bool(theirs and not double) and (not good or number == theirs):
            continue
        if verdict in ("good", "duplicate") and cell.endswith(".0") and number == f"47{cell[:-2]}":
            beyond += 1
            continue
        if verdict in ("good", "duplicate") and cell == number:
            beyond += 1
            continue  # Digits that can only begin with a country code.
        if verdict == "duplicate" and theirs == number:
            beyond += 1
            continue  # Doubles one that only the rules could read.
        wrong += 1
        if len(shown) < 10:
            shown.append(f"row {row}: {cell!r} {verdict} {number}, plain {theirs} double={double}")
    return wrong, beyond, shown


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    kind = sys.argv[2] if len(sys.argv) > 2 else "usual"
    engine = sys.argv[3] if len(sys.argv) > 3 else "openpyxl"
    began = machine.load()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind in ("workbook", "texts"):
            path = folder / "list.xlsx"
            make_workbook(path, rows, kind)
        else:
            path = folder / "list.csv"
            make(path, rows, kind)
        our_cpu, our_memory = ours(folder, path)
        their_cpu, their_memory = plain(folder, path, engine)
        wrong, beyond, shown = differences(folder)
    told = {
        "list": kind, "rows": rows, "cpu_s": round(our_cpu, 2), "plain_cpu_s": round(their_cpu, 2),
        "ratio": round(their_cpu / our_cpu, 1), "memory_mb": our_memory >> 20, "plain_memory_mb": their_memory >> 20,
        "rows_that_differ": wrong, "rows_read_beyond": beyond, "load": f"{began:.1f}-{machine.load():.1f}",
    }  # fmt: skip
    print(json.dumps(told))
    print("\n".join(shown))


if __name__ == "__main__":
    main()
