"""Accounts and sessions: who gets in, for how long, how often one may guess, and that an administrator is left."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextpod_core import accounts, codes, options, people, sessions, store
from nextpod_core.errors import BadInput, NotPermitted, WrongSettings
from nextpod_core.people import COMMAND
from nextpod_core.settings import load
from tests.outboxes import NOW, new_store
from tests.people import PASSWORD, actor

MINUTE, HOUR = 60_000, 3_600_000
ADA, OLE = "ada@example.test", "ole@example.test"


@pytest.fixture
def db(tmp_path):
    _settings, found = new_store(tmp_path)
    yield found
    found.close()


def join(db, email=ADA, role="admin"):
    accounts.add(db, email, role, by=COMMAND, now=NOW)
    token = accounts.link(db, email, by=COMMAND, now=NOW)
    return accounts.use_link(db, token, PASSWORD, address=None, now=NOW)


def begin(db, user, now=NOW):
    return sessions.begin(db, user, address="10.0.0.1", browser="x", now=now)


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@example.test", "аda@example.test", "a b@example.test", "a@b..c", "ada@exаmple.test",
              "ada@example.test\n.evil", "x" * 400 + "@example.test", "a@b@c"],
)  # fmt: skip
def test_an_address_that_is_none_or_only_looks_like_one_is_refused(db, email):
    with pytest.raises(BadInput):
        accounts.add(db, email, "viewer", by=COMMAND, now=NOW)


def test_one_person_has_one_account_in_whatever_case(db):
    join(db, "Ada@Example.Test ")
    assert accounts.find(db, "ADA@example.test") is not None
    with pytest.raises(BadInput, match="already"):
        accounts.add(db, "aDa@example.test", "viewer", by=COMMAND, now=NOW)
    assert accounts.verify(db, "ADA@EXAMPLE.TEST", PASSWORD) is not None
    assert accounts.verify(db, "аda@example.test", PASSWORD) is None  # The first letter is Cyrillic.


@pytest.mark.parametrize("password", ["", PASSWORD + "x", PASSWORD.upper(), "a" * 10_000_000, "\ud800", "\0"])
def test_no_other_password_fits(db, password):
    join(db)
    assert accounts.verify(db, ADA, password) is None
    assert accounts.verify(db, "nobody@example.test", password) is None


@pytest.mark.parametrize("weak", ["kort", "aaaaaaaaaaaaaaaa", "ada@example.test", "adaadaadaada", "x" * 201])
def test_a_password_that_is_easy_to_guess_is_refused(weak):
    with pytest.raises(BadInput):
        accounts.check_password(weak, ADA)


def test_neither_password_nor_token_nor_secret_stands_in_the_file(db, tmp_path):
    user = join(db)
    cookie, secret = begin(db, user), codes.new_secret()
    token = accounts.link(db, ADA, by=COMMAND, now=NOW)
    step = codes.code_at(codes.decode(secret), NOW // codes.STEP_MS)
    accounts.confirm_codes(db, user.id, secret, step, by=COMMAND, now=NOW)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = (tmp_path / "sandbox.db").read_bytes()
    for hidden in (PASSWORD, cookie, cookie.split(".")[0], token, secret):
        assert hidden.encode() not in kept
    assert codes.decode(secret) not in kept


def test_a_link_is_good_once_and_for_three_days(db):
    accounts.add(db, OLE, "viewer", by=COMMAND, now=NOW)
    old = accounts.link(db, OLE, by=COMMAND, now=NOW)
    token = accounts.link(db, OLE, by=COMMAND, now=NOW)
    assert accounts.of_link(db, old, now=NOW) is None
    assert accounts.of_link(db, token + "x", now=NOW) is None
    assert accounts.of_link(db, token, now=NOW + accounts.INVITATION + 1) is None
    assert accounts.of_link(db, token, now=NOW - HOUR) is None  # The clock was set back.
    accounts.use_link(db, token, PASSWORD, address=None, now=NOW + HOUR)
    with pytest.raises(BadInput, match="used already"):
        accounts.use_link(db, token, PASSWORD, address=None, now=NOW + HOUR)


def test_a_new_password_ends_every_session_and_who_is_removed_has_none(db):
    user = join(db, OLE, "editor")
    join(db)
    cookie = begin(db, user)
    assert sessions.find(db, cookie, now=NOW) is not None
    token = accounts.link(db, OLE, by=COMMAND, now=NOW)
    assert sessions.find(db, cookie, now=NOW) is not None  # A link that nobody has used changes nothing.
    accounts.use_link(db, token, PASSWORD + "2", address=None, now=NOW)
    assert sessions.find(db, cookie, now=NOW) is None
    cookie = begin(db, user)
    accounts.remove(db, OLE, by=COMMAND, now=NOW)
    assert sessions.find(db, cookie, now=NOW) is None
    assert accounts.verify(db, OLE, PASSWORD + "2") is None
    again = accounts.add(db, OLE, "viewer", by=COMMAND, now=NOW)
    assert (again.is_invited, again.role) == (True, "viewer")
    assert sessions.find(db, cookie, now=NOW) is None


@pytest.mark.parametrize(
    ("after", "lives"),
    [(0, True), (59 * MINUTE, True), (61 * MINUTE, False), (-30_000, True), (-2 * MINUTE, False), (13 * HOUR, False)],
)
def test_a_session_lives_while_it_is_used_and_never_in_another_time(db, after, lives):
    cookie = begin(db, join(db))
    assert (sessions.find(db, cookie, now=NOW + after) is not None) == lives


def test_twelve_hours_end_a_session_that_is_always_used(db):
    cookie, at = begin(db, join(db)), NOW
    while (session := sessions.find(db, cookie, now=at)) is not None:
        sessions.touch(db, session, now=at)
        at += 30 * MINUTE
    assert at == NOW + 12 * HOUR


def test_the_last_administrator_stays(db):
    join(db)
    for change in (
        lambda: accounts.remove(db, ADA, by=COMMAND, now=NOW),
        lambda: accounts.set_role(db, ADA, "viewer", by=COMMAND, now=NOW),
    ):
        with pytest.raises(BadInput, match="last administrator"):
            change()
    accounts.add(db, OLE, "admin", by=COMMAND, now=NOW)  # Invited is not there yet.
    with pytest.raises(BadInput, match="last administrator"):
        accounts.remove(db, ADA, by=COMMAND, now=NOW)
    accounts.remove(db, OLE, by=COMMAND, now=NOW)
    ole = join(db, OLE)
    by_ole, by_ada = accounts.actor(ole, None), accounts.actor(accounts.find(db, ADA), None)
    accounts.remove(db, ADA, by=by_ole, now=NOW)
    with pytest.raises(BadInput):  # Two who remove each other: the second has nobody left to stay.
        accounts.remove(db, OLE, by=by_ada, now=NOW)


def test_waits_grow_with_wrong_attempts_and_are_the_same_for_nobody(db):
    join(db)
    for email in (ADA, "nobody@example.test"):
        who, waits, at = {"email": email, "address": f"10.0.0.{len(email)}", "device": ""}, [], NOW
        for _attempt in range(9):
            waits.append(sessions.wait_for(db, **who, now=at))
            sessions.note_wrong(db, **who, now=at)
        assert waits == [0, 0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000]
        assert sessions.wait_for(db, **who, now=at + 16_001) == 0


def test_ten_thousand_wrong_attempts_never_keep_out_who_was_in_before(db):
    user = join(db)
    device = sessions.new_device(db, ADA)
    stranger = {"email": ADA, "address": "10.9.9.9", "device": ""}
    with people.transaction(db):
        subjects = [subject for _kind, subject in sessions._subjects(db, **stranger)]
        db.executemany("INSERT INTO sign_in_attempts (at, subject) VALUES (?, ?)",
                       [(NOW, subject) for subject in subjects] * 10_000)  # fmt: skip
    assert sessions.wait_for(db, **stranger, now=NOW) == 900_000
    assert sessions.wait_for(db, **stranger | {"address": "10.8.8.8"}, now=NOW) == 60_000
    assert sessions.wait_for(db, email=ADA, address="10.8.8.8", device=device, now=NOW) == 0
    # Another account's mark is none, nor is a forged one.
    other = sessions.new_device(db, OLE)
    assert sessions.wait_for(db, email=ADA, address="10.8.8.8", device=other, now=NOW) == 60_000
    assert sessions.wait_for(db, email=ADA, address="10.8.8.8", device=device + "0", now=NOW) == 60_000
    sessions.forgive(db, email=ADA, device="")
    assert begin(db, user)


def test_signing_somebody_else_out_is_for_administrators(db):
    join(db)
    with pytest.raises(NotPermitted):
        sessions.end_all(db, ADA, by=actor("approver"), now=NOW)
    begin(db, accounts.find(db, ADA))
    assert sessions.end_all(db, ADA, by=accounts.actor(accounts.find(db, ADA), None), now=NOW) == 1


def test_an_administrator_without_the_app_that_is_asked_for_sees_figures_only(db):
    cookie = begin(db, join(db))
    options.change(db, by=COMMAND, now=NOW, admins_need_codes=True)
    found = sessions.find(db, cookie, now=NOW)
    assert (found.role, found.must_set_up_codes) == ("viewer", True)
    secret = codes.new_secret()
    accounts.confirm_codes(db, found.user_id, secret, codes.code_at(codes.decode(secret), NOW // codes.STEP_MS),
                           by=found.actor(None), now=NOW)  # fmt: skip
    assert sessions.find(db, cookie, now=NOW).role == "admin"


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
     (20000000000, "353130")],
)  # fmt: skip
def test_codes_are_those_of_the_standard(at, code):
    # RFC 6238, appendix B, the last six digits.
    secret = b"12345678901234567890"
    assert codes.code_at(secret, at * 1000 // codes.STEP_MS) == code
    assert codes.matching_step(secret, f" {code[:3]} {code[3:]} ", now=at * 1000 + 30_000) is not None
    assert codes.matching_step(secret, code, now=at * 1000 + 120_000) is None
    assert codes.matching_step(b"", code, now=at * 1000) is None


@given(st.text(), st.text(), st.binary(min_size=1))
def test_what_is_signed_is_read_and_nothing_else_is(value, other, key):
    text = codes.sign(key, "form", value)
    assert codes.signed(key, "form", text) == (value or None)
    assert codes.signed(key, "cookie", text) is None
    assert other == text or codes.signed(key, "form", other) is None


@pytest.mark.parametrize(
    ("env", "starts"),
    [
        ({}, True),
        ({"NEXTPOD_DASHBOARD_ADDRESS": "0.0.0.0"}, False),
        ({"NEXTPOD_API_KEY": "k", "NEXTPOD_PUBLIC_URL": "https://sms.example.no"}, False),
    ],
)
def test_without_people_it_starts_in_the_sandbox_on_this_machine_only(db, env, starts):
    given = load(env)
    assert accounts.is_waived(db, given) == starts
    if not starts:
        with pytest.raises(WrongSettings, match="people add"):
            accounts.check_start(db, given)
    accounts.add(db, ADA, "admin", by=COMMAND, now=NOW)
    accounts.check_start(db, given)
    assert not accounts.is_waived(db, given)


def test_of_two_administrators_who_remove_each_other_at_once_one_stays(db, tmp_path):
    ada, ole = join(db), join(db, OLE)
    ready, told = threading.Barrier(2), []

    def remove(whom, by):
        mine = store.open(load({"NEXTPOD_DATABASE": str(tmp_path / "sandbox.db")}))
        ready.wait()
        try:
            accounts.remove(mine, whom, by=accounts.actor(by, None), now=NOW)
        except BadInput as error:
            told.append(str(error))
        finally:
            mine.close()

    threads = [threading.Thread(target=remove, args=pair) for pair in ((OLE, ada), (ADA, ole))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([user for user in accounts.every(db) if user.role == "admin"]) == 1
    assert len(told) == 1 and "last administrator" in told[0]
