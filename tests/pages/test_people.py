"""The pages as each role meets them: people, one's account, masked numbers, what waits for a second person."""

import pytest

from nextpod_core import accounts, approvals, campaigns, codes, drafts, releases, review, sessions, settings
from pages.parts import frame, tables
from tests import apps, outboxes, people, test_review

ANNE = "4791726200"
MASKED = "479****200"


@pytest.fixture
def db(tmp_path, monkeypatch):
    found = apps.new_store(tmp_path, monkeypatch)
    yield found
    found.close()


def shown(app) -> str:
    """Everything that stands on a page, as one text."""
    parts = [
        *app.title,
        *app.header,
        *app.subheader,
        *app.text,
        *app.markdown,
        *app.caption,
        *app.warning,
        *app.error,
        *app.info,
    ]
    cells = [frame.value.to_csv() for frame in app.dataframe]
    return " ".join([*(str(part.value) for part in parts), *cells])


def test_in_a_sandbox_without_people_the_first_invitation_makes_everybody_sign_in(db):
    app = apps.open_page("people")
    assert "Nobody has to sign in" in app.info[0].value
    app.text_input(key="people_email").set_value("Ada@example.test")
    app.button(key="people_add").click().run()
    assert not app.exception
    assert [user.email for user in accounts.every(db)] == ["ada@example.test"]
    # Whoever did it is asked to sign in as well, from the next click on.
    assert app.title[0].value == "Choose a password"
    token = app.code[-1].value.split("/invite/")[-1]
    assert accounts.of_link(db, token, now=people.now()).email == "ada@example.test"
    app.run()
    assert any("signed_out.js" in html.proto.body for html in app.get("html"))


def test_an_administrator_invites_changes_and_removes(db, monkeypatch):
    apps.sign_in(db, monkeypatch)
    app = apps.open_page("people")
    app.text_input(key="people_email").set_value("ole@example.test")
    app.selectbox(key="people_role").set_value("editor")
    app.button(key="people_add").click().run()
    assert "/invite/" in app.code[0].value
    ole = accounts.find(db, "ole@example.test")
    assert (ole.role, ole.is_invited) == ("editor", True)
    app.selectbox(key=f"people_role_{ole.id}_editor").set_value("viewer").run()
    assert accounts.find(db, "ole@example.test").role == "viewer"
    app.button(key=f"people_remove_now_{ole.id}").click().run()
    assert accounts.find(db, "ole@example.test") is None
    me = accounts.find(db, "admin@example.test")
    app.button(key=f"people_remove_now_{me.id}").click().run()
    assert not app.exception
    assert accounts.find(db, "admin@example.test") is not None


def test_what_the_team_asks_for_is_kept_and_emptied_again(db, monkeypatch):
    apps.sign_in(db, monkeypatch)
    app = apps.open_page("people")
    app.number_input(key="people_above").set_value(500)
    app.number_input(key="people_idle").set_value(30)
    app.button(key="people_save").click().run()
    assert not app.exception
    assert db.execute("SELECT value FROM options WHERE name = 'approval_above'").fetchone()["value"] == "500"
    app.number_input(key="people_above").set_value(None)
    app.button(key="people_save").click().run()
    assert db.execute("SELECT value FROM options WHERE name = 'approval_above'").fetchone()["value"] == "null"


def test_codes_are_set_up_by_typing_one(db, monkeypatch):
    email = apps.sign_in(db, monkeypatch, "viewer")
    app = apps.open_page("account")
    app.button(key="account_set_up").click().run()
    secret = app.code[0].value.replace(" ", "")
    app.text_input(key="account_code").set_value("000000")
    app.button(key="account_confirm").click().run()
    assert not accounts.find(db, email).has_codes
    app.text_input(key="account_code").set_value(people.code_now(secret))
    app.button(key="account_confirm").click().run()
    assert accounts.find(db, email).has_codes
    assert not app.exception
    assert codes.decode(secret)


def test_signing_out_everywhere_ends_this_tab_too(db, monkeypatch):
    email = apps.sign_in(db, monkeypatch, "agent")
    app = apps.open_page("account")
    app.button(key="account_out").click().run()
    assert sessions.of_user(db, email, now=people.now()) == []
    assert not app.title
    assert not app.exception


@pytest.mark.parametrize(("role", "sees"), [("viewer", False), ("agent", True)])
def test_numbers_are_masked_for_viewers_on_page_and_in_file(db, monkeypatch, role, sees):
    campaign = outboxes.campaign(db, [ANNE], state="finished", started_at=outboxes.NOW)
    message = db.execute("SELECT id FROM messages").fetchone()["id"]
    apps.sign_in(db, monkeypatch, role)
    for query in ({"campaign": str(campaign)}, {"message": str(message)}):
        app = apps.open_page("campaigns", query)
        assert not app.exception
        assert (ANNE in shown(app)) == sees
        assert (MASKED in shown(app).replace("\\", "")) != sees

    def draw():
        import streamlit as st

        from pages.parts import excel, frame, tables

        with frame.desk():
            columns = [tables.Column("msisdn", "Number", "msisdn")]
            rows = [{"msisdn": "4791726200"}]
            st.session_state["made"] = tables.csv_bytes(rows, columns) + excel.excel_bytes(rows, columns)
            tables.table(rows, columns, key="t")

    from streamlit.testing.v1 import AppTest

    app = AppTest.from_function(draw).run()
    assert not app.exception
    assert (ANNE.encode() in app.session_state["made"]) == sees
    assert app.dataframe[0].value["msisdn"].tolist() == [f"+{ANNE}" if sees else MASKED]


def test_outside_the_frame_every_number_is_masked():
    columns = [tables.Column("msisdn", "Number", "msisdn")]
    assert ANNE.encode() not in tables.csv_bytes([{"msisdn": ANNE}], columns)
    assert not frame.may("figures.read")


@pytest.mark.parametrize("role", ["viewer", "agent", "editor", "approver", "admin"])
@pytest.mark.parametrize("page", ["overview", "campaigns", "analytics"])
def test_the_pages_of_figures_draw_for_everybody(db, monkeypatch, role, page):
    campaign = outboxes.campaign(db, [ANNE], state="paused")
    apps.sign_in(db, monkeypatch, role)
    assert not apps.open_page(page).exception
    app = apps.open_page("campaigns", {"campaign": str(campaign)})
    assert not app.exception
    keys = {button.key for button in app.button}
    assert ("campaign_cancel" in keys) == (role in ("editor", "approver", "admin"))
    assert ("campaign_resume" in keys) == (role in ("approver", "admin"))


def reviewed_by_editor(db) -> tuple[int, int]:
    """A campaign that an editor wrote, reviewed; its draft and its version."""
    shop = (settings.load(), db)
    made = drafts.change(db, test_review.draft(shop).id, by=people.actor("editor"), now=people.now(), name="Medlemmer")
    return made.id, test_review.reviewed(shop, made).version


def test_what_an_editor_asks_an_approver_sees_and_lets_go(db, monkeypatch):
    people.add_quickly(db)
    draft, version = reviewed_by_editor(db)
    question = releases.ask(db, draft, version=version, by=people.actor("editor"), now=people.now(), note="Takk")
    apps.sign_in(db, monkeypatch, "editor")
    app = apps.open_page("campaigns", {"approval": str(question)})
    assert "approval_yes" not in {button.key for button in app.button}
    apps.sign_in(db, monkeypatch, "approver")
    assert "Medlemmer" in shown(apps.open_page("campaigns"))
    app = apps.open_page("campaigns", {"approval": str(question)})
    assert not app.exception
    assert "Hei {{navn}}" in shown(app)
    app.button(key="approval_no").click().run()
    assert approvals.get(db, question).verdict is None  # Without a note.
    app.button(key="approval_yes").click().run()
    assert not app.exception
    asked = approvals.get(db, question)
    assert (asked.verdict, asked.decided_by) == ("approved", "approver@example.test")
    assert campaigns.get(db, asked.campaign_id)["state"] == "scheduled"
    assert review.get(db, draft).ready
