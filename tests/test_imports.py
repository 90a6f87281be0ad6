"""From an uploaded file to judged rows: staged beside, corrected in place, the same whoever looks."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nextpod_core import checking, corrections, drafts, imports, msisdn, settings, staged, store, suppressions, work
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from nextpod_core.people import COMMAND, DESK
from nextpod_core.staged import Verdict

NOW = 1_800_000_000_000
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def given_settings(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("NEXTPOD_")]:
        monkeypatch.delenv(name)
    found = settings.load({"NEXTPOD_DATABASE": str(tmp_path / "desk.db")})
    store.migrate(found, now=NOW, by=COMMAND)
    return found


@pytest.fixture
def db(given_settings):
    found = store.open(given_settings)
    yield found
    found.close()


def begin(given_settings, db, text, **values):
    stream = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    return imports.begin(
        given_settings, db, stream, filename="list.csv", region=values.get("region", "NO"), by=DESK, now=NOW
    )


def read(given_settings, db, text, **values):
    found = begin(given_settings, db, text, **values)
    imports.run(given_settings, db, found, clock=lambda: NOW)
    return imports.get(db, found)


LIST = "mobil;navn\n91726200;Kari\n;Ola\nabc;Siv\n22334455;Per\n59123456;Ada\n+47 917 26 200;Kari\n92345678;Liv\n"


def test_every_row_gets_its_verdict_and_its_reason(given_settings, db):
    with transaction(db):
        suppressions.add(db, msisdn="4792345678", reason="hand", by=DESK, now=NOW)
    found = read(given_settings, db, LIST)
    assert found.state == "done"
    assert found.counts == dict.fromkeys(Verdict, 1)
    assert [(each.row, each.verdict, str(each.reason)) for each in staged.problems(db, found.id)] == [
        (3, "missing", "There is no number in this row."),
        (4, "invalid", "abc is not a number."),
        (5, "not_mobile", "+4722334455 is a landline; it can't receive texts."),
        (6, "doubtful", "+4759123456 is outside the numbering plan. Tick to send anyway."),
        (7, "duplicate", "The same number as in row 2, which gets the text."),
        (8, "suppressed", "This number is on the suppression list and gets nothing."),
    ]
    assert staged.rows(db, found.id) == [(2, "4791726200", ["91726200", "Kari"])]


MESSY = [
    'mobil;navn\n91726200;"Kåre\n45848412;Åse\n',
    "mobil;navn\n91726200.0;Kåre;ekstra\nmobil;navn\n45848412;Åse\n",
    "mobil;navn\n;;45848412\n91726200;Kåre\n",
    f"mobil;navn\n91726200;{'x' * 6000}\n4.791726200E+9;Kåre\n",
    "9172620;Kåre\n22123456;Åse\n91726200;Liv\n",
]


@pytest.mark.parametrize("text", MESSY)
def test_the_check_tells_what_the_staging_tells(given_settings, db, tmp_path, text):
    found = read(given_settings, db, text)
    (tmp_path / "list.csv").write_text(text)
    checked = checking.check(tmp_path / "list.csv", text="Hei", region="NO")
    assert checked["counts"] == {name: count for name, count in found.counts.items() if count}
    assert sorted(checked["notes"]) == sorted(map(str, found.notes))


def test_doubtful_rows_join_when_they_are_let_in(given_settings, db):
    found = read(given_settings, db, LIST)
    imports.let_in_doubtful(db, found.id, True, by=DESK, now=NOW)
    assert [row for row, _, _ in staged.rows(db, found.id)] == [2, 6, 8]
    after = imports.get(db, found.id)
    assert (after.sendable, after.held_out) == (3, 4)
    assert after.version > found.version


def test_rows_come_in_pages_by_their_own_numbers(given_settings, db):
    found = read(given_settings, db, "mobil\n" + "".join(f"9172{n:04d}\n" for n in range(30)))
    first = staged.rows(db, found.id, limit=20)
    rest = staged.rows(db, found.id, after_row=first[-1][0], limit=20)
    assert [row for row, _, _ in first + rest] == list(range(2, 32))


@pytest.mark.parametrize(
    ("typed", "verdict"),
    [
        ("932 45 678", None),
        ("+46 70 123 45 67", None),
        ("91726200", "duplicate"),
        ("22334455", "not_mobile"),
        ("", "missing"),
        ("ring meg", "invalid"),
        ("4795000000", "suppressed"),
    ],
)
def test_a_correction_is_judged_as_the_file_was(given_settings, db, typed, verdict):
    with transaction(db):
        suppressions.add(db, msisdn="4795000000", reason="hand", by=DESK, now=NOW)
    found = read(given_settings, db, LIST)
    joined, still = corrections.correct(db, found.id, {4: {0: typed}}, by=DESK, now=NOW)
    assert (joined, still) == ((1, 0) if verdict is None else (0, 1))
    problems = {each.row: each.verdict for each in staged.problems(db, found.id)}
    assert problems.get(4) == verdict
    counts = imports.get(db, found.id).counts
    assert sum(counts.values()) == 7
    assert counts["good"] == 2 + (verdict is None)


def test_a_corrected_name_stays_with_its_row(given_settings, db):
    found = read(given_settings, db, LIST)
    corrections.correct(db, found.id, {3: {0: "93345678", 1: "Ola Eksempel"}}, by=DESK, now=NOW)
    assert staged.rows(db, found.id, after_row=2, limit=1) == [(3, "4793345678", ["93345678", "Ola Eksempel"])]


def test_a_draft_on_the_list_is_another_version_when_its_people_change(given_settings, db):
    found = read(given_settings, db, LIST)
    draft = drafts.new(db, by=DESK, now=NOW, import_id=found.id)
    corrections.correct(db, found.id, {4: {0: "93345678"}}, by=DESK, now=NOW)
    imports.let_in_doubtful(db, found.id, True, by=DESK, now=NOW)
    assert drafts.get(db, draft.id).version == draft.version + 2


def test_good_rows_and_rows_that_are_not_there_can_not_be_corrected(given_settings, db):
    found = read(given_settings, db, LIST)
    assert corrections.correct(db, found.id, {2: {0: "abc"}, 99: {0: "93345678"}}, by=DESK, now=NOW) == (0, 0)
    assert imports.get(db, found.id).counts["good"] == 2


def test_two_corrections_to_the_same_number_make_one_person(given_settings, db):
    found = read(given_settings, db, LIST)
    corrections.correct(db, found.id, {3: {0: "93345678"}, 4: {0: "93345678"}}, by=DESK, now=NOW)
    assert staged.problems(db, found.id)[0].row == 4
    assert "row 3" in str(staged.problems(db, found.id)[0].reason)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The file is empty"),
        ("\n\n;;;\n", "The file is empty"),
        ("mobil;navn\n", "a header and no rows"),
        (b"%PDF-1.7", "PDF"),
        (b"\x00\x01\x02" * 500, "not a table"),
    ],
)
def test_a_file_that_can_not_be_used_says_why(given_settings, db, content, sentence):
    found = read(given_settings, db, content)
    assert found.state == "failed"
    assert sentence in str(found.error)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path, db):
    small = settings.load({"NEXTPOD_DATABASE": str(tmp_path / "desk.db"), "NEXTPOD_MAX_UPLOAD_MB": "1"})
    with pytest.raises(BadInput, match="larger than 1 MB"):
        begin(small, db, b"x" * (2 << 20))
    assert not list((tmp_path / "spool").iterdir())


def test_another_column_country_or_sheet_is_read_from_the_same_upload(given_settings, db):
    found = read(given_settings, db, "mobil;kontakt\n91726200;0701234567\n92345678;0701234568\n")
    assert found.number_column == 0
    imports.again(db, found.id, by=DESK, now=NOW, region="SE", number_column=1)
    imports.run(given_settings, db, found.id, clock=lambda: NOW)
    assert [number for _, number, _ in staged.rows(db, found.id)] == ["46701234567", "46701234568"]


def test_without_a_number_column_nothing_is_judged_until_one_is_chosen(given_settings, db):
    found = read(given_settings, db, "navn;alder\nKari;5\n")
    assert (found.state, found.number_column, found.counts) == ("done", None, {})
    assert found.examples == ["Kari", "5"]


def test_characters_are_replaced_in_the_list_as_it_was_shown(given_settings, db):
    found = read(given_settings, db, "mobil;navn\n91726200;Łukasz\n92345678;Kari\n")
    assert corrections.replace_characters(db, found.id, {"Ł": "L"}, by=DESK, now=NOW) == 1
    assert staged.rows(db, found.id)[0][2] == ["91726200", "Lukasz"]


def test_a_second_reading_leaves_nothing_of_the_first(given_settings, db):
    found = read(given_settings, db, "mobil\n" + "".join(f"9172{n:04d}\n" for n in range(5000)))
    imports.again(db, found.id, by=DESK, now=NOW, region="DK")
    imports.run(given_settings, db, found.id, clock=lambda: NOW)
    total = len(list(staged.verdicts(db, found.id)))
    assert total == sum(imports.get(db, found.id).counts.values()) == 5000


def test_uploads_are_kept_for_a_week_and_their_rows_for_longer(given_settings, db):
    found = read(given_settings, db, LIST)
    assert imports.tidy(given_settings, db, now=NOW + 8 * 86_400_000) == 1
    assert len(staged.rows(db, found.id)) == 2
    with pytest.raises(BadInput, match="Upload it again"):
        imports.spool_of(given_settings, imports.get(db, found.id))


def test_every_change_has_its_row_in_the_audit_log(given_settings, db):
    found = read(given_settings, db, LIST)
    corrections.correct(db, found.id, {4: {0: "93345678"}}, by=DESK, now=NOW)
    imports.let_in_doubtful(db, found.id, True, by=DESK, now=NOW)
    told = [row["action"] for row in db.execute("SELECT action FROM audit WHERE subject = 'import' ORDER BY id")]
    assert told == ["import.begin", "import.done", "import.correct", "import.let_in_doubtful"]
    assert "93345678" not in "".join(row["detail"] for row in db.execute("SELECT detail FROM audit"))


@given(
    st.lists(
        st.one_of(
            st.from_regex(r"(\+47|0047|47)? ?[2-9]\d{2} ?\d{2} ?\d{3}(\.0)?", fullmatch=True),
            st.text("0123456789+ ()-/.,aE", max_size=14),
        ),
        min_size=1,
        max_size=40,
    )
)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_no_row_differs_from_what_the_slow_reading_of_its_number_says(given_settings, db, cells):
    import csv

    written = io.StringIO()
    csv.writer(written, delimiter=";", quoting=csv.QUOTE_ALL).writerows([["mobil", "n"], *([c, "x"] for c in cells)])
    found = read(given_settings, db, written.getvalue())
    seen, wanted = set(), {}
    for row, cell in enumerate(cells, start=2):
        number = msisdn.read_slow(cell, region="NO")
        verdict, digits = staged.verdict_of(number), number.msisdn or number.candidate
        if not cell.strip():
            verdict = Verdict.MISSING
        elif verdict in ("good", "doubtful"):
            verdict = Verdict.DUPLICATE if digits in seen else verdict
            seen.add(digits)
        wanted[row] = verdict
    assert {row: verdict for row, verdict, _ in staged.verdicts(db, found.id)} == wanted


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def test_it_runs_beside_in_a_process_of_its_own(given_settings, db):
    found = begin(given_settings, db, LIST)
    work.start(given_settings, "import", found)
    until(lambda: imports.get(db, found).state == "done")
    assert imports.get(db, found).counts["good"] == 2


def test_a_killed_import_says_so_and_runs_again_from_the_start(given_settings, db):
    found = begin(given_settings, db, "mobil\n" + "".join(f"9{n:07d}\n" for n in range(200_000)))
    pid = work.start(given_settings, "import", found)
    until(lambda: imports.get(db, found).done > 0)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not work.is_alive(pid))
    stopped = imports.get(db, found)
    assert stopped.state == "running"
    assert stopped.has_stopped(NOW)
    db.execute("UPDATE imports SET region = 'NO' WHERE id = ?", (found,))
    short = imports.spool_of(given_settings, stopped)
    short.write_text(LIST)  # What it reads the second time need not be long.
    imports.run(given_settings, db, found, clock=lambda: NOW)
    assert imports.get(db, found).state == "done"
    assert len(list(staged.verdicts(db, found))) == 7


def test_two_lists_at_once_are_both_read_behind_the_pages(given_settings, db):
    both = [begin(given_settings, db, "mobil\n" + "".join(f"9{n:07d}\n" for n in range(50_000))) for _ in range(2)]
    pids = [work.start(given_settings, "import", found) for found in both]
    behind = min(os.getpriority(os.PRIO_PROCESS, 0) + 5, 19)
    until(lambda: os.getpriority(os.PRIO_PROCESS, pids[0]) == behind)
    until(lambda: [imports.get(db, found).state for found in both] == ["done", "done"])
    assert [sum(imports.get(db, found).counts.values()) for found in both] == [50_000, 50_000]


def test_another_reading_asked_for_meanwhile_ends_the_first(given_settings, db):
    found = begin(given_settings, db, "mobil\n" + "".join(f"9{n:07d}\n" for n in range(200_000)))
    pid = work.start(given_settings, "import", found)
    until(lambda: imports.get(db, found).done > 0)
    imports.again(db, found, by=DESK, now=NOW, region="DK")
    until(lambda: not work.is_alive(pid))
    assert (imports.get(db, found).state, imports.get(db, found).counts) == ("waiting", {})


def test_a_disk_that_fills_up_half_way_is_told_and_the_list_read_again_when_there_is_room(given_settings, db):
    found = begin(given_settings, db, "mobil;navn\n" + "".join(f"9{n:07d};Navn {n}\n" for n in range(40_000)))
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages + 100}")
    imports.run(given_settings, db, found, clock=lambda: NOW)
    stopped = imports.get(db, found)
    assert (stopped.state, str(stopped.error)) == (
        "failed", "The disk is full, so the list could not be kept. Make room and try again.",
    )  # fmt: skip
    assert stopped.done > 0
    db.execute("PRAGMA max_page_count = 1000000")
    imports.again(db, found, by=DESK, now=NOW)
    imports.run(given_settings, db, found, clock=lambda: NOW)
    assert len(list(staged.verdicts(db, found))) == 40_000


def test_a_large_list_takes_little_memory(given_settings, db):
    found = begin(given_settings, db, "mobil;navn\n" + "".join(f"9{n:07d};Navn {n}\n" for n in range(100_000)))
    code = (
        "import sys; from nextpod_core import imports, settings, store; given = settings.load();"
        "db = store.open(given); imports.run(given, db, int(sys.argv[1]), clock=lambda: 1);"
        # Not getrusage: its peak is handed on from the process that forked.
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    env = {**os.environ, "NEXTPOD_DATABASE": str(given_settings.database)}
    told = subprocess.run(
        [sys.executable, "-c", code, str(found)], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert imports.get(db, found).state == "done"
    assert int(told.stdout) < 120_000  # kB
