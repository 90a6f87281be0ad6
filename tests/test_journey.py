"""The whole way, all processes real: a list in the browser, texts at the sandbox, charts, a STOPP that is obeyed."""

import re
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from nextpod_core import alerts, campaigns, review, senders, suppressions
from nextpod_core.people import COMMAND
from tests import browser, chaos
from tests.outboxes import NOW, numbers

DELIVERED, FAILED, EXPIRED, YES, STOPS = "4799999001", "4799999002", "4799999003", "4799999011", "4799999013"
SECRET = "hemmelig elg"
ALERT_SECRET = "0123456789abcdef-signs"  # noqa: S105
MAGIC = [DELIVERED, FAILED, EXPIRED, YES, STOPS]
PLAIN = numbers(40, start=1_000_000)


def a_messy_list(path: Path) -> Path:
    """Semicolons, a byte order mark, Windows line ends, a blank row, numbers in many writings, some that are none."""
    lines = ["Fornavn;Mobilnummer;By", *(f"Navn {place};+{number};Oslo" for place, number in enumerate(MAGIC))]
    lines += ["", f"Ada;{PLAIN[0][2:4]} {PLAIN[0][4:6]} {PLAIN[0][6:8]} {PLAIN[0][8:]};Oslo"]
    lines += [f"Bø {place};00{number};Tromsø" for place, number in enumerate(PLAIN[1:])]
    lines += [f"Igjen;{PLAIN[3]};Oslo", "Cy;abc;Oslo", "Du;;Oslo", "Fast;21234567;Oslo"]
    path.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    return path


def compose(page: Page, list: Path, *, name: str) -> int:
    """Everything a person does on the compose page; the campaign's number."""
    page.get_by_role("textbox", name="Name of the campaign").fill(name)
    page.get_by_role("textbox", name="Name of the campaign").press("Tab")
    page.set_input_files("[data-testid=stFileUploader] input[type=file]", str(list))
    expect(page.get_by_text(re.compile("will be sent"))).to_be_visible(timeout=30_000)
    text = page.get_by_role("textbox", name="Text", exact=True)
    text.fill("Hei {{fornavn}}! Svar JA eller STOPP til 2345.")
    text.press("Tab")  # What was typed is kept when the field is left.
    browser.review(page, then="compose_send")
    page.locator(".st-key-compose_send button").click()
    page.wait_for_url(re.compile("campaign=[0-9]+"), timeout=20_000)
    found = re.search("campaign=([0-9]+)", page.url)
    assert found
    return int(found[1])


def numbers_and_texts_stay_out_of_the_logs(*folders: Path) -> None:
    """Everything that dashboard, ingester and dispatcher said on the way, at their most talkative."""
    logs = {path.name: path.read_text() for folder in folders for path in folder.glob("*.log")}
    assert logs.keys() == {"dashboard.log", "ingest.log", "dispatch.log"}
    assert logs["dispatch.log"] and logs["ingest.log"]
    kept = [*MAGIC, *PLAIN, *(number[2:] for number in MAGIC + PLAIN)]
    for name, told in logs.items():
        alert = (ALERT_SECRET, "hook-of-ours", "post-passord")
        for secret in (*kept, *alert, SECRET, "Takk, du er med", "Svar JA", "Hei Navn", "STOPP", "ada@example.test"):
            assert secret not in told, (name, secret)


@browser.needs_browser
def test_from_a_spreadsheet_to_a_stop_that_is_obeyed(tmp_path):
    desk = chaos.Desk(tmp_path, {"answers": "0", "speed": "200"})
    try:
        for name in ("2345", "Nextpod"):
            senders.add(desk.db, name, by=COMMAND, now=NOW)
        desk.env["NEXTPOD_LOG_LEVEL"] = "debug"
        # Where alerts go nobody is at home: what is said of that names neither address nor secret.
        desk.env |= {
            "NEXTPOD_ALERT_WEBHOOK": f"http://127.0.0.1:{browser.free_port()}/hook-of-ours",
            "NEXTPOD_ALERT_SECRET": ALERT_SECRET, "NEXTPOD_ALERT_TO": "vakt@example.test",
            "NEXTPOD_SMTP_URL": f"smtp://vakt:post-passord@127.0.0.1:{browser.free_port()}",
        }  # fmt: skip
        desk.start("ingest", logged=True)
        desk.start("dispatch", logged=True)
        with browser.desk(tmp_path, desk.env) as shown:
            page = shown.open("/compose")
            id = compose(page, a_messy_list(tmp_path / "people.csv"), name="First")
            expect(page.locator("[data-testid=stMain]").get_by_text("Finished").first).to_be_visible(timeout=30_000)
            desk.until(lambda: desk.sandbox.ask("/sandbox/counts")["reports_waiting"] == 0, seconds=60)
            desk.until(lambda: chaos.folded(desk), seconds=20)
            ledger = campaigns.ledger(desk.db, id)
            assert ledger.balances and ledger.planned == len(MAGIC) + len(PLAIN) == ledger.accepted
            assert desk.arrived() == dict.fromkeys(MAGIC + PLAIN, 1)

            told = desk.sandbox.ask("/sandbox/counts")["reports"]
            assert ledger.delivered == told["DELIVERED"]
            assert ledger.negative == sum(
                told.get(word, 0) for word in ("FAILED", "EXPIRED", "REJECTED", "UNDELIVERED")
            )
            rate = f"{100 * ledger.delivered / (ledger.delivered + ledger.negative):.1f}%"
            page = shown.open(f"/campaigns?campaign={id}")
            expect(page.locator(".st-key-campaign_figures")).to_contain_text(rate)
            page = shown.open("/analytics")
            expect(page.locator("[data-testid=stMain]")).to_contain_text(rate)

            desk.until(lambda: suppressions.is_suppressed(desk.db, STOPS), seconds=30)
            page = shown.open("/suppressions")
            expect(page.locator("[data-testid=stMain]")).to_contain_text("STOPP")
            # The vote by keyword, and an answer that leaves by the same outbox and is sent once.
            page = shown.open("/inbox?view=vote")
            expect(page.locator("[data-testid=stMain]")).to_contain_text(re.compile("2 messages since"))
            page = shown.open("/inbox")
            expect(page.locator(".st-key-inbox_table")).to_be_visible()
            page = shown.open(f"/inbox?person={YES}")
            expect(page.locator(".st-key-person_entries")).to_contain_text("JA")
            page.get_by_placeholder("Write the answer").click()
            page.keyboard.type("Takk, du er med!")
            page.keyboard.press("Control+Enter")
            expect(page.locator(".st-key-person_heading")).to_contain_text("Answered")
            desk.until(lambda: desk.arrived()[YES] == 2, seconds=20)
            expect(page.locator(".st-key-person_entries")).to_contain_text("Delivered", timeout=20_000)

            page = shown.open("/compose")
            second = compose(page, tmp_path / "people.csv", name="Second")
            row = campaigns.get(desk.db, second)
            assert row is not None and review.of_campaign(row).left_out["suppressed"] == 1
            desk.until(lambda: campaigns.get(desk.db, second)["state"] == "finished", seconds=30)
            assert desk.arrived()[STOPS] == 1 and desk.arrived()[YES] == 3
            page = shown.open("/inbox?state=all")
            with page.expect_download(timeout=30_000):
                page.locator(".st-key-inbox_csv button").first.click()
            wrong = httpx.post(f"{shown.address}/login", data={"email": "ada@example.test", "password": SECRET})
            assert wrong.status_code >= 400 or wrong.is_redirect
            alerts.try_out(desk.db, by=COMMAND, now=time.time_ns() // 1_000_000)
            desk.until(lambda: alerts.last_test(desk.db)["error"], seconds=30)
            numbers_and_texts_stay_out_of_the_logs(tmp_path, desk.folder)
            outside = [url for url in shown.requests if "127.0.0.1" not in url and "localhost" not in url]
            assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    finally:
        desk.close()
