"""One's own account: where one is signed in, and the authenticator app."""

from urllib.parse import quote

import streamlit as st

from nextpod_core import accounts, codes, sessions
from nextpod_core.sentences import say
from pages.parts import frame, person, tables
from pages.parts.tables import Column
from pages.parts.words import _

db = frame.open_page("pages/account.py")


def sign_out_everywhere() -> None:
    """End every session, this one too."""
    by = frame.user()
    with frame.telling_later():
        sessions.end_all(db, by.name, by=by, now=frame.now())


def set_up() -> None:
    """Show a new secret, which is in force when a code of it was typed."""
    st.session_state["account_secret"] = codes.new_secret()


def confirm(user_id: int) -> None:
    """The code that the app shows now."""
    with frame.telling_later():
        accounts.confirm_codes(
            db, user_id, st.session_state["account_secret"], st.session_state.get("account_code") or "",
            by=frame.user(), now=frame.now(),
        )  # fmt: skip
        del st.session_state["account_secret"]
        frame.tell_later(say("From now on you are asked for a code when you sign in."))


st.title(_("My account"))
mine = frame.session()
if mine is None:
    frame.tell(_("Nobody has to sign in at this desk, so there are no accounts."))
    frame.stop()
st.text(mine.email)

st.header(_("Where you are signed in"), anchor=False)
rows = [
    {"browser": person.one_line(one.browser, 90) + (" · " + _("here") if one.id == mine.id else ""),
     "address": one.address, "created_at": one.created_at, "seen_at": one.seen_at}
    for one in sessions.of_user(db, mine.email, now=frame.now())
]  # fmt: skip
tables.table(
    rows,
    [
        Column("browser", _("Browser"), width="large"),
        Column("address", _("From"), width=140),
        Column("created_at", _("Since"), "when", zone=frame.zone(), width=170),
        Column("seen_at", _("Last used"), "when", zone=frame.zone(), width=170),
    ],
    key="account_sessions", shown=8, alt=_("Where you are signed in"),
)  # fmt: skip
st.button(_("Sign out everywhere"), key="account_out", icon=":material/logout:", on_click=sign_out_everywhere,
          help=_("Here too. Open tabs end at their next click."))  # fmt: skip

st.header(_("Authenticator app"), anchor=False)
if mine.has_codes:
    frame.tell(_("You are asked for a code of your app when you sign in."), "success")
    st.caption(_("An administrator can take it away, should you lose your phone."))
elif secret := st.session_state.get("account_secret"):
    st.write(_("Type this key into your app, by hand or through the link, then the code that the app shows:"))
    st.code(" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), language=None)
    label = quote(f"Nextpod desk:{mine.email}")
    st.markdown(
        f"[{_('Open it in an app on this machine')}](otpauth://totp/{label}?secret={secret}&issuer=Nextpod%20desk)"
    )
    st.text_input(_("Code"), key="account_code", max_chars=12, width=160)
    st.button(_("Use it from now on"), key="account_confirm", type="primary", on_click=confirm, args=(mine.user_id,))
else:
    st.write(_("With an app such as Aegis or Google Authenticator, a stolen password alone lets nobody in."))
    st.button(_("Set it up"), key="account_set_up", icon=":material/phonelink_lock:", on_click=set_up)
