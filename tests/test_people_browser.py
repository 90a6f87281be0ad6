"""The whole way in a real browser: invited, signed in, a campaign asked for and approved, signed out everywhere."""

import re

from playwright.sync_api import Page, expect

from nextpod_core import accounts, approvals, campaigns, senders
from nextpod_core.people import COMMAND
from tests import browser, people


def choose_password(page: Page) -> None:
    page.locator("input[name=password]").fill(people.PASSWORD)
    page.locator("input[name=again]").fill(people.PASSWORD)
    page.locator("button[type=submit]").click()
    browser.wait(page, timeout=60)


def visit(shown: browser.Desk, path: str) -> Page:
    """A page before the desk, in a browser of its own."""
    page = shown.browser.new_context(locale="en-GB").new_page()
    page.on("request", lambda request: shown.requests.append(request.url))
    page.goto(shown.address + path)
    return page


@browser.needs_browser
def test_from_an_invitation_to_signing_out_everywhere(tmp_path):
    with people.serving(tmp_path, ("admin",)) as desk, browser.looking(desk.address) as shown:
        senders.add(desk.db, "Nextpod", by=COMMAND, now=people.now())
        links = {}
        for role in ("editor", "approver"):
            accounts.add(desk.db, people.email_of(role), role, by=COMMAND, now=people.now())
            links[role] = accounts.link(desk.db, people.email_of(role), by=COMMAND, now=people.now())

        editor = visit(shown, f"/invite/{links['editor']}")
        expect(editor.get_by_role("heading", name="Choose a password")).to_be_visible()
        choose_password(editor)
        editor.goto(shown.address + "/compose")
        browser.wait(editor, timeout=60)
        name = editor.get_by_role("textbox", name="Name of the campaign")
        name.fill("Til medlemmer")
        name.press("Tab")
        editor.set_input_files("[data-testid=stFileUploader] input[type=file]", files=[
            {"name": "people.csv", "mimeType": "text/csv", "buffer": b"Mobil;Navn\n99999001;Kari\n99999002;Ola\n"},
        ])  # fmt: skip
        expect(editor.get_by_text(re.compile("will be sent")).first).to_be_visible(timeout=90_000)
        text = editor.get_by_role("textbox", name="Text", exact=True)
        text.fill("Hei {{navn}}!")
        text.press("Tab")
        browser.review(editor, then="compose_ask")
        asking = editor.locator(".st-key-compose_ask button")
        assert editor.locator(".st-key-compose_send button").count() == 0
        asking.click()
        expect(editor.get_by_text(re.compile("waits for a second person since")).first).to_be_visible(timeout=60_000)
        [question] = approvals.waiting(desk.db)

        approver = visit(shown, f"/invite/{links['approver']}")
        choose_password(approver)
        approver.goto(f"{shown.address}/campaigns?approval={question.id}")
        yes = approver.locator(".st-key-approval_yes button")
        expect(yes).to_be_enabled(timeout=60_000)
        expect(
            approver.get_by_text("Hei Kari!").or_(approver.locator(".st-key-compose_samples")).first
        ).to_be_attached()
        yes.click()
        approver.wait_for_url(re.compile(f"campaign={question.campaign_id}"), timeout=60_000)
        assert campaigns.get(desk.db, question.campaign_id)["state"] == "scheduled"

        other_tab = approver.context.new_page()
        other_tab.goto(shown.address + "/campaigns")
        browser.wait(other_tab, timeout=60)
        approver.goto(shown.address + "/account")
        approver.locator(".st-key-account_out button").first.click()
        approver.wait_for_url(re.compile("/login"), timeout=60_000)
        other_tab.get_by_role("link", name="New campaign").first.click()
        other_tab.wait_for_url(re.compile("/login"), timeout=60_000)
        host = desk.address.removeprefix("http://")
        assert [seen for seen in shown.requests if host not in seen and not seen.startswith(("data:", "blob:"))] == []


@browser.needs_browser
def test_the_sign_in_page_stands_in_two_languages_light_dark_and_on_a_phone(tmp_path):
    with people.serving(tmp_path, ("admin",)) as desk, browser.looking(desk.address) as shown:
        for locale, heading in (("en-GB", "Sign in"), ("nb-NO", "Logg inn")):
            for scheme, width in (("light", browser.DESKTOP), ("dark", browser.PHONE)):
                page = shown.browser.new_context(
                    locale=locale, color_scheme=scheme, viewport={"width": width, "height": 1000}
                ).new_page()
                seen: list[str] = []
                page.on("console", lambda line, seen=seen: seen.append(line.text))
                page.goto(desk.address + "/settings")
                expect(page.get_by_role("heading", name=heading)).to_be_visible()
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
                page.screenshot(path=tmp_path / f"login-{locale}-{scheme}.png")
                page.locator("input[name=email]").fill("admin@example.test")
                page.locator("input[name=password]").fill("feil passord")
                page.locator("button[type=submit]").click()
                expect(page.get_by_role("alert")).to_be_visible()
                assert [line for line in seen if "401" not in line] == []
                page.context.close()
