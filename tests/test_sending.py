"""The command line as a person without a browser meets it: one JSON object, or one sentence and nothing sent."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.chaos import Desk
from tests.outboxes import new_store
from tests.sandboxes import ROOT

LIST = "navn;mobil\nAda;40612345\nBo;91726200\nCy;abc\nDu;40612345\n"


def command(env: dict[str, str], *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nextpod_core", *words], cwd=ROOT, env=env, capture_output=True, text=True, input=given
    )


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    settings, db = new_store(tmp_path)
    db.close()
    own = {name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")}
    return own | {"NEXTPOD_DATABASE": str(settings.database)}


def test_send_and_wait_ends_with_the_final_ledger(tmp_path):
    desk = Desk(tmp_path, {"answers": "0", "speed": "1000"})
    try:
        desk.start("dispatch")
        desk.until(lambda: desk.db.execute("SELECT 1 FROM heartbeats WHERE process = 'dispatcher'").fetchone())
        (tmp_path / "p.csv").write_text(LIST)
        done = command(
            desk.env,
            "send",
            "--file",
            str(tmp_path / "p.csv"),
            "--sender",
            "Nextpod",
            "--text",
            "Hei {{navn}}",
            "--wait",
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["rows"], told["will_be_sent"]) == (4, 2)
        assert told["left_out"] == {"invalid": 1, "duplicate": 1}
        assert told["ledger"]["accepted"] == 2 and told["ledger"]["balances"]
        assert desk.arrived() == {"4740612345": 1, "4791726200": 1}
        assert command(desk.env, "ledger", str(told["campaign"])).returncode == 0
    finally:
        desk.close()


def test_a_list_on_standard_input_scheduled_for_later(env):
    done = command(
        env, "send", "--file", "-", "--sender", "2345", "--text", "Hei", "--at", "2031-12-01T09:00", given=LIST
    )
    told = json.loads(done.stdout)
    assert told["first_at"] == "2031-12-01T08:00:00Z"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--file", "no-such.csv"], "no-such.csv can't be opened"),
        (["--text", "Hei {{nawn}}"], "Did you mean navn"),
        (["--text", "Hei {{navn"], "{{"),
        (["--text", " "], "text first"),
        (["--sender", "x"], "3"),
        (["--at", "2020-01-01T09:00"], "past"),
        (["--at", "soon"], "soon"),
        (["--at", "2027-03-28T02:30"], "does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_sentence_and_nothing_is_sent(env, tmp_path, words, told):
    given = {"--file": str(tmp_path / "p.csv"), "--sender": "Nextpod", "--text": "Hei {{navn}}"}
    (tmp_path / "p.csv").write_text(LIST)
    given |= dict(zip(words[::2], words[1::2], strict=True))
    done = command(env, "send", *[word for pair in given.items() for word in pair])
    assert done.returncode == 1
    assert told in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00\x01", b"", b"navn;mobil\n", b"%PDF-1.7 \x00"])
def test_a_file_that_is_no_list_is_told(env, tmp_path, content):
    (tmp_path / "p.csv").write_bytes(content)
    done = command(env, "send", "--file", str(tmp_path / "p.csv"), "--sender", "Nextpod", "--text", "Hei")
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1 and done.stdout == ""


def test_waiting_without_a_dispatcher_is_told(env, tmp_path):
    (tmp_path / "p.csv").write_text(LIST)
    done = command(env, "send", "--file", str(tmp_path / "p.csv"), "--sender", "Nextpod", "--text", "Hei", "--wait")
    assert done.returncode == 1 and "no dispatcher runs" in done.stderr


def test_a_ledger_of_no_campaign_is_told(env):
    done = command(env, "ledger", "99")
    assert done.returncode == 1 and "no campaign number 99" in done.stderr


def test_a_key_on_a_practice_database_refuses_every_command(env):
    live = env | {"NEXTPOD_API_KEY": "k", "NEXTPOD_PUBLIC_URL": "https://sms.example.no"}
    for words in (["dispatch"], ["ingest"], ["migrate"], ["ledger", "1"]):
        done = command(live, *words)
        assert done.returncode == 1 and "made for practice" in done.stderr


def test_a_list_behind_a_cover_is_sent_only_when_its_sheet_is_named(env, tmp_path):
    book = Workbook()
    book.active.append(["Members of the club"])
    listed = book.create_sheet("Members")
    for row in (["mobil", "navn"], ["40612345", "Ada"]):
        listed.append(row)
    book.save(tmp_path / "p.xlsx")
    words = ("send", "--file", str(tmp_path / "p.xlsx"), "--sender", "Nextpod", "--text", "Hei {{navn}}",
             "--at", "2028-01-01T09:00")  # fmt: skip
    done = command(env, *words)
    assert done.returncode == 1 and "seems to be on the sheet Members" in done.stderr
    assert json.loads(command(env, *words, "--sheet", "Members").stdout)["will_be_sent"] == 1


def test_sheet_and_column_can_be_named(env, tmp_path):
    (tmp_path / "p.csv").write_text("navn;mobil;foresatt\nAda;40612345;91726200\nBo;abc;92345678\n")
    words = ("--file", str(tmp_path / "p.csv"), "--text", "Hei {{navn}}")
    told = json.loads(command(env, "check", *words, "--column", "Foresatt").stdout)
    assert (told["number_column"], told["sendable"]) == ("foresatt", 2)
    found = json.loads(command(env, "check", *words, "--price", "0.39").stdout)
    assert found["sendable"] == 1 and found["price"] == {"per_part": 0.39, "total": 0.39 * found["parts"]["total"]}
    done = command(env, "send", *words, "--sender", "Nextpod", "--column", "foresatt", "--at", "2028-01-01T09:00")
    assert json.loads(done.stdout)["will_be_sent"] == 2, done.stderr
    wrong = command(env, "send", *words, "--sender", "Nextpod", "--column", "mor")
    assert wrong.returncode == 1 and "no column mor. It has navn, mobil, foresatt" in wrong.stderr
    no_sheet = json.loads(command(env, "check", *words, "--sheet", "Ark2").stdout)
    assert not no_sheet["readable"] and "has no sheets" in no_sheet["error"]
    far = command(env, "send", *words, "--sender", "Nextpod", "--at", "9999-01-01T09:00")
    assert far.returncode == 1 and "ten years ahead" in far.stderr


def test_a_list_is_checked_through_a_pipe_too_and_whoever_reads_may_leave_early(env):
    words = [sys.executable, "-m", "nextpod_core", "check", "--file", "-", "--text", "Hei {{navn}}"]
    rows = "".join(f"9172{n:04d};{'x' * 300}\n" for n in range(2000))
    with subprocess.Popen(
        words, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        running.stdin.write(f"mobil;navn\n{rows}".encode())
        running.stdin.close()
        assert b"readable" in running.stdout.readline() + running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() in (0, 141)


def test_numbers_side_by_side_in_a_file_are_told(env, tmp_path):
    (tmp_path / "p.txt").write_text("91726200, 91726201, 91726202\n")
    (note, _) = json.loads(command(env, "check", "--file", str(tmp_path / "p.txt"), "--text", "Hei").stdout)["notes"][
        ::-1
    ]
    assert "side by side" in note
