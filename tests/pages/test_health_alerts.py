"""The health page's part on alerts: who is told, and a test of the way to them."""

from nextpod_core import alerts
from tests import apps


def see():
    app = apps.open_page("health", query={"part": "store"})
    assert not app.exception
    return app


def test_where_nobody_is_told_it_says_what_to_set(tmp_path, monkeypatch):
    apps.new_store(tmp_path, monkeypatch).close()
    app = see()
    assert any("NEXTPOD_SMTP_URL" in each.value for each in app.caption)
    assert not [each for each in app.button if each.key == "health_test_alert"]


def test_a_test_alert_is_one_click_and_its_outcome_is_shown(tmp_path, monkeypatch):
    db = apps.new_store(tmp_path, monkeypatch)
    monkeypatch.setenv("NEXTPOD_SMTP_URL", "smtps://mail.example.no")
    monkeypatch.setenv("NEXTPOD_ALERT_TO", "kari@example.no")
    app = see()
    app.button(key="health_test_alert").click().run()
    assert alerts.last_test(db)["told_at"] is None
    assert any("waits for the dispatcher" in each.value for each in app.caption)
    db.execute("UPDATE alerts SET error = 'it said no'")
    assert any("it said no" in each.value for each in (*see().error, *see().text, *see().markdown))
    db.close()
