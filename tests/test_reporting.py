"""The figures for machines: the page's own, as JSON and as CSV, from the command line."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nextpod_core import analytics, answering, costs, filters, options, periods, reporting, speed
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput
from tests import filled
from tests.filled import NOW, SILENT_AFTER, thirty_days

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    db, _told = filled.month(tmp_path_factory.mktemp("month"))
    yield db
    db.close()


def test_a_period_is_reported_with_the_figures_of_the_page(db):
    chosen = options.read(db)
    found = reporting.of_period(db, thirty_days(), chosen, now=NOW, silent_after=SILENT_AFTER)
    whole = analytics.total(db, thirty_days(), now=NOW, silent_after=SILENT_AFTER)
    assert {name: found["result"][name] for name in ("accepted", "settled", "rate", "open")} == {
        "accepted": whole.accepted, "settled": whole.settled, "rate": whole.rate, "open": whole.open,
    }  # fmt: skip
    assert sum(cell["accepted"] for cell in found["over_time"]) == whole.accepted
    for table in ("by_operator", "by_country", "by_sender", "by_campaign", "by_week_hour"):
        assert sum(cell["accepted"] for cell in found[table]) == whole.accepted, table
    handset = speed.handset(db, thirty_days(), by="all")[None]
    assert found["to_handset"]["p95_ms"] == handset.percentile(0.95)
    assert found["answers"]["people"] == answering.wait(db, thirty_days()).messages
    price = costs.costs(db, thirty_days(), chosen, by="all")[None].price
    assert found["cost"]["price"] == pytest.approx(price, abs=0.001)
    assert sum(line["price"] for line in found["statement"]) == pytest.approx(price, abs=0.01)
    assert found["year_ago"]["accepted"] == 0


def test_a_campaign_is_reported_over_its_whole_life(db):
    found = reporting.of_campaign(db, 3, options.read(db), now=NOW, silent_after=SILENT_AFTER)
    assert found["ledger"]["accepted"] == found["result"]["accepted"] > 0
    assert found["ledger"]["delivered"] == found["result"]["delivered"]
    assert found["funnel"][0]["messages"] == found["ledger"]["planned"] == found["campaign"]["planned"]


@pytest.mark.parametrize("campaign", [0, 9_999, 1 << 40])
def test_an_unknown_campaign_is_said_to_be_unknown(db, campaign):
    with pytest.raises(BadInput, match="There is no campaign number"):
        reporting.of_campaign(db, campaign, options.read(db), now=NOW, silent_after=SILENT_AFTER)


def test_csv_and_json_say_the_same_and_no_name_is_a_formula(tmp_path):
    own, _told = filled.month(tmp_path)
    with transaction(own):
        own.execute("UPDATE campaigns SET name = '=HYPERLINK(1)' WHERE id = 3")
    found = reporting.of_campaign(own, 3, options.read(own), now=NOW, silent_after=SILENT_AFTER)
    own.close()
    assert json.loads(reporting.as_json(found))["campaign"]["name"] == "=HYPERLINK(1)"
    lines = list(csv.DictReader(io.StringIO(reporting.as_csv(found))))
    told = {(line["table"], line["row"], line["figure"]): line["value"] for line in lines}
    assert told["campaign", "1", "name"] == "'=HYPERLINK(1)"
    assert told["result", "1", "accepted"] == str(found["result"]["accepted"])
    assert told["ledger", "1", "planned"] == str(found["ledger"]["planned"])
    assert not [line for line in lines if line["value"].startswith("=")]


def test_an_empty_desk_is_reported_without_an_error(tmp_path):
    empty = filled.new(tmp_path / "empty.db")
    asked = filters.Filter(periods.asked("3h", now=NOW, zone=filled.OSLO))
    found = reporting.of_period(empty, asked, options.read(empty), now=NOW, silent_after=SILENT_AFTER)
    empty.close()
    assert found["result"]["rate"] is None
    assert json.loads(reporting.as_json(found))["funnel"][0]["messages"] == 0


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        (["--campaign", "3"], 0, '"ledger"'),
        (["--campaign", "3", "--format", "csv"], 0, "table,row,figure,value"),
        (["--period", "30d"], 0, '"statement"'),
        (["--from", "2026-10-04", "--to", "2026-11-02", "--operator", "242-1"], 0, '"242-1"'),
        (["--campaign", "999"], 1, "There is no campaign number 999."),
        (["--campaign", "3", "--period", "7d"], 1, "whole life"),
        (["--from", "2026-11-02", "--to", "2026-10-02"], 1, "before it begins"),
        (["--from", "yesterday"], 1, "yesterday is no date"),
        (["--operator", "telia"], 1, "MCC and MNC"),
        (["--campaign", "99999999999999999999"], 2, "is no number of a campaign"),
        (["--country", "NOR"], 1, "NOR is no country"),
        (["--sender", "=1+1"], 1, "Nothing was ever sent from =1+1"),
        (["--period", "7d", "--from", "2026-11-02"], 1, "leave one of the two out"),
    ],
    ids=str,
)  # fmt: skip
def test_the_command_line_prints_it_or_says_what_is_wrong(tmp_path, given, code, says):
    own, _told = filled.month(tmp_path)
    own.close()
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")}
    done = subprocess.run(
        [sys.executable, "-m", "nextpod_core", "report", *given], cwd=ROOT, capture_output=True, text=True,
        env=env | {"NEXTPOD_DATABASE": str(tmp_path / "desk.db")},
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert says in (done.stdout if code == 0 else done.stderr)
