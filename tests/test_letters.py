"""Letters to the desk's own people: handed out once, tried again, and nothing kept that lets anybody in."""

import email
import email.policy
import re

import pytest

from nextpod_core import accounts, approvals, campaigns, letters, options, releases
from nextpod_core.db import transaction
from nextpod_core.errors import BadInput, NotPermitted
from nextpod_core.people import COMMAND
from nextpod_core.telling import Teller
from tests.outboxes import NOW, new_store
from tests.people import actor, email_of
from tests.test_alerts import MailServer, mails, step_until
from tests.test_approvals import APPROVER, EDITOR, OTHER, asked, state
from tests.test_review import shop

__all__ = ["asked", "mails", "shop"]
ADMIN = actor("admin")
HOUR = 60 * letters.MINUTE


@pytest.fixture
def desk(tmp_path, mails: MailServer):
    """A desk with a mail server and one who is invited."""
    settings, db = new_store(
        tmp_path, NEXTPOD_SMTP_URL=mails.url, NEXTPOD_ALERT_TO="desk@example.no",
        NEXTPOD_DASHBOARD_URL="https://desk.example.no/",
    )  # fmt: skip
    accounts.add(db, "kari@example.no", "editor", by=COMMAND, now=NOW)
    yield settings, db, Teller(settings, db)
    db.close()


def read(mail: str) -> tuple[str, str, str]:
    """To, subject and text of a mail as a person reads it."""
    found = email.message_from_string(mail, policy=email.policy.default)
    return found["To"], found["Subject"], found.get_content()


def owed(db) -> int:
    return db.execute("SELECT count(*) FROM letters WHERE ended_at IS NULL").fetchone()[0]


def test_an_invitation_holds_a_link_that_lets_in_once(desk, mails):
    settings, db, teller = desk
    letters.invite(db, "Kari@example.no", address="http://elsewhere.example", by=ADMIN, now=NOW)
    step_until(teller, lambda: not owed(db), now=NOW + 1000)
    ((to, subject, text),) = map(read, mails.mails)
    assert to == "kari@example.no" and "Sign in" in subject
    (token,) = re.findall(r"https://desk\.example\.no/invite/(\S+)", text)
    assert accounts.of_link(db, token, now=NOW + 2000).email == "kari@example.no"
    # Whoever has the file has no link: only a keyed hash of it is kept.
    assert token.encode() not in settings.database.read_bytes()
    accounts.use_link(db, token, "fire blå elger danser", address=None, now=NOW + 3000)
    with pytest.raises(BadInput, match="used already"):
        accounts.use_link(db, token, "fire blå elger danser", address=None, now=NOW + 4000)
    assert letters.invitation_to(db, "kari@example.no").delivered_at == NOW + 1000


def test_what_a_mail_server_refuses_is_tried_again_for_a_day_and_told(desk, mails):
    _settings, db, teller = desk
    mails.broken = b"451 come back later\r\n"
    letters.invite(db, "kari@example.no", address="", by=ADMIN, now=NOW)
    step_until(teller, lambda: letters.invitation_to(db, "kari@example.no").tries == 1, now=NOW)
    assert "451" in letters.invitation_to(db, "kari@example.no").error
    assert letters.due(db, now=NOW + letters.MINUTE - 1) is None
    mails.broken = b""
    step_until(teller, lambda: not owed(db), now=NOW + letters.MINUTE)
    assert len(mails.mails) == 1
    mails.broken = b"550 nobody here\r\n"
    letters.invite(db, "kari@example.no", address="", by=ADMIN, now=NOW)
    step_until(teller, lambda: letters.invitation_to(db, "kari@example.no").tries == 1, now=NOW)
    assert letters.due(db, now=NOW + letters.DAY) is None  # Yesterday's is owed no more.


def test_the_newer_invitation_takes_the_place_of_the_older_and_a_link_that_is_shown_of_both(desk, mails):
    _settings, db, teller = desk
    letters.invite(db, "kari@example.no", address="", by=ADMIN, now=NOW)
    letters.invite(db, "kari@example.no", address="", by=ADMIN, now=NOW + 1)
    assert owed(db) == 1
    letters.withdraw(db, "kari@example.no", now=NOW + 2)
    shown = accounts.link(db, "kari@example.no", by=ADMIN, now=NOW + 2)
    for second in range(5):
        teller.step(now=NOW + HOUR + second * 1000)
    assert mails.mails == [] and accounts.of_link(db, shown, now=NOW + HOUR) is not None


def test_who_was_removed_meanwhile_gets_nothing(desk, mails):
    _settings, db, teller = desk
    letters.invite(db, "kari@example.no", address="", by=ADMIN, now=NOW)
    accounts.remove(db, "kari@example.no", by=ADMIN, now=NOW)
    step_until(teller, lambda: not owed(db), now=NOW)
    assert mails.mails == []
    with pytest.raises(BadInput, match="Nobody signs in"):
        letters.invite(db, "kari@example.no", address="", by=ADMIN, now=NOW)
    with pytest.raises(NotPermitted):
        letters.invite(db, "kari@example.no", address="", by=EDITOR, now=NOW)


def test_a_name_with_line_ends_or_braces_stays_a_name(desk, mails):
    _settings, db, teller = desk
    with transaction(db):
        letters.write(db, "approved", "kari@example.no", now=NOW, who="ola@example.no", planned=3,
                      name="{link}\r\nBcc: evil@example.org\r\n\r\nHei")  # fmt: skip
    step_until(teller, lambda: not owed(db), now=NOW)
    ((to, subject, _text),) = map(read, mails.mails)
    assert to == "kari@example.no" and "{link}" in subject and "Bcc" in subject
    assert email.message_from_string(mails.mails[0])["Bcc"] is None


def test_all_who_may_approve_are_asked_by_letter_and_the_one_who_asked_hears_of_it(asked):
    db, _made, _found, question = asked
    told = {(row["kind"], row["recipient"]) for row in db.execute("SELECT * FROM letters")}
    assert told == {("asked", email_of("approver")), ("asked", email_of("admin"))}
    for row in db.execute("SELECT particulars FROM letters"):
        assert "Medlemmer" in row["particulars"] and "Hei" not in row["particulars"]  # The name, never the text.
    releases.approve(db, question, by=APPROVER, now=NOW + 1)
    assert [row["recipient"] for row in db.execute("SELECT * FROM letters WHERE kind = 'approved'")] == [EDITOR.name]


def test_who_is_given_it_back_hears_of_it(asked):
    db, _made, _found, question = asked
    releases.give_back(db, question, "Feil liste", by=ADMIN, now=NOW + 1)
    assert [row["recipient"] for row in db.execute("SELECT * FROM letters WHERE kind = 'returned'")] == [EDITOR.name]


def test_releasing_alone_is_off_until_the_team_allows_it_and_then_wants_a_reason(asked):
    db, made, found, _question = asked
    release = {"version": found.version, "now": NOW + 1}
    with pytest.raises(NotPermitted, match="not allowed here"):
        releases.release_alone(db, made.id, "Vannlekkasje, ingen svarer", by=APPROVER, **release)
    options.change(db, by=ADMIN, now=NOW, approval_alone=True)
    with pytest.raises(BadInput, match="why it can't wait"):
        releases.release_alone(db, made.id, " haster  ", by=APPROVER, **release)
    for nobody in (EDITOR, actor("agent"), actor("viewer")):
        with pytest.raises(NotPermitted):
            releases.release_alone(db, made.id, "Vannlekkasje, ingen svarer", by=nobody, **release)
    assert state(db, found) == "draft"


def test_who_releases_alone_is_named_everywhere_and_all_others_are_told(asked):
    db, made, found, question = asked
    options.change(db, by=ADMIN, now=NOW, approval_alone=True)
    reason = "Vannlekkasje, ingen svarer på +47 917 26 200"
    sent = releases.release_alone(db, made.id, reason, version=found.version, by=APPROVER, now=NOW + 1)
    assert sent == found.campaign_id and state(db, found) == "scheduled"
    assert approvals.waiting(db) == [] and approvals.get(db, question).verdict == "withdrawn"
    last = approvals.last_of(db, made.id)
    assert (last.alone, last.answer, last.decided_by) == (True, reason, APPROVER.name)
    assert [one.id for one in approvals.released_alone(db, since=NOW)] == [last.id]
    (row,) = db.execute("SELECT * FROM audit WHERE action = 'campaign.alone'")
    assert "Vannlekkasje" in row["detail"] and "917 26 200" not in row["detail"]
    told = [row["recipient"] for row in db.execute("SELECT * FROM letters WHERE kind = 'released'")]
    assert told == [email_of("admin")]
    # Pressed twice, or by two at once: the same campaign, and nobody is told again.
    assert releases.release_alone(db, made.id, reason, version=found.version, by=OTHER, now=NOW + 2) == sent
    assert campaigns.get(db, sent)["planned"] == found.planned
    assert db.execute("SELECT count(*) FROM letters WHERE kind = 'released'").fetchone()[0] == 1
