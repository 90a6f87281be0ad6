"""Who may sign in, and as what: invite, change roles, remove, sign out; and what the team asks of those who do."""

import streamlit as st

from nextpod_core import accounts, letters, options, roles, sessions
from nextpod_core.people import DESK, Role
from nextpod_core.sentences import say
from pages.parts import frame, person, settings_form, words
from pages.parts.words import _, n_

db = frame.open_page("pages/people.py")


def called(role: Role) -> str:
    """What a role is called, and what it is for, in a few words."""
    return {
        "viewer": _("Viewer: sees figures, numbers masked"),
        "agent": _("Agent: reads and answers the inbox"),
        "editor": _("Editor: composes, asks for approval"),
        "approver": _("Approver: approves and sends"),
        "admin": _("Administrator: settings and people too"),
    }[role]


def own_address() -> str:
    """The desk's own, as it is set or as this browser sees it."""
    return frame.the_settings().dashboard_url or (st.context.url or "").split("/people")[0].rstrip("/")


def show_link(email: str) -> None:
    """Make a one-time link and show it once; an e-mail that has not left would end it, and stays."""
    letters.withdraw(db, email, now=frame.now())
    token = accounts.link(db, email, by=frame.user(), now=frame.now())
    st.session_state["people_link"] = (email, f"{own_address()}/invite/{token}")


def send_link(email: str) -> None:
    """Let the link go by e-mail where there is a mail server, else show it."""
    if frame.the_settings().smtp_url:
        letters.invite(db, email, address=own_address(), by=frame.user(), now=frame.now())
        frame.tell_later(say("An e-mail with a one-time link is on its way to {email}.", email=email))
    else:
        show_link(email)


def told_letter(email: str) -> str:
    """How far the e-mail with the link has come; "" when there is nothing to tell."""
    letter = letters.invitation_to(db, email)
    if letter is None or letter.ended_at is not None and letter.delivered_at is None and letter.error is None:
        return ""
    if letter.delivered_at is not None:
        return _("e-mail sent {time}", time=frame.when(letter.delivered_at))
    if letter.error:
        return _("the e-mail could not be sent: {why}", why=person.label(letter.error, 120))
    return _("the e-mail is on its way")


def invite() -> None:
    """Let somebody in."""
    with frame.telling_later():
        email = st.session_state.get("people_email") or ""
        user = accounts.add(db, email, st.session_state["people_role"], by=frame.user(), now=frame.now())
        st.session_state["people_email"] = ""
        if frame.session() is None:  # The first one: this very tab has to sign in from now on.
            st.session_state["frame_first_link"] = "/invite/" + accounts.link(db, user.email, by=DESK, now=frame.now())
        else:
            send_link(user.email)


def renew(email: str) -> None:
    """A new link for an invitation that was lost, or a password that was forgotten."""
    with frame.telling_later():
        show_link(email)


def mail_anew(email: str) -> None:
    """The same by e-mail."""
    with frame.telling_later():
        send_link(email)


def change_role(email: str, key: str) -> None:
    """Give somebody another role; the field goes back to what it was when that is refused."""
    wanted = st.session_state.pop(key)
    with frame.telling_later():
        accounts.set_role(db, email, wanted, by=frame.user(), now=frame.now())
        frame.tell_later(say("{email} has another role from the next click on.", email=email))


def remove(email: str) -> None:
    """Let somebody in no more."""
    with frame.telling_later():
        accounts.remove(db, email, by=frame.user(), now=frame.now())
        frame.tell_later(say("{email} can't sign in any more.", email=email))


def sign_out(email: str) -> None:
    """End every session of somebody."""
    with frame.telling_later():
        sessions.end_all(db, email, by=frame.user(), now=frame.now())
        frame.tell_later(say("{email} is signed out everywhere.", email=email))


def drop_codes(email: str) -> None:
    """For somebody who lost their phone."""
    with frame.telling_later():
        accounts.drop_codes(db, email, by=frame.user(), now=frame.now())
        frame.tell_later(say("{email} is asked for no code any more.", email=email))


st.title(_("Who may sign in"))
users = accounts.every(db)
if not users:
    frame.tell(
        _(
            "Nobody has to sign in: this is a sandbox, and it answers on this machine only. Invite the first "
            "administrator, and from then on everybody signs in."
        )
    )

with st.container(border=True, key="people_invite"):
    st.header(_("Invite somebody"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="people_invite_row"):
        st.text_input(_("E-mail"), key="people_email", placeholder="ada@example.no", width=280)
        possible = list(roles.ROLES) if users else ["admin"]
        st.selectbox(_("Role"), possible, format_func=called, key="people_role", width=330)
        st.button(_("Invite"), key="people_add", type="primary", icon=":material/person_add:", on_click=invite)
    if told := st.session_state.get("people_link"):
        st.markdown(_("Give {who} this link. It works once, for 72 hours, and is not shown again:",
                      who=person.label(told[0])))  # fmt: skip
        st.code(told[1], language=None, wrap_lines=True)
        if st.button(_("I have it"), key="people_link_done"):
            del st.session_state["people_link"]
            st.rerun()

for user in users:
    with st.container(border=True, key=f"people_{user.id}"):
        with st.container(horizontal=True, vertical_alignment="center", key=f"people_head_{user.id}"):
            st.text(user.email)
            if user.is_invited:
                st.badge(_("Invited"), color="orange", icon=":material/hourglass_empty:")
            if user.has_codes:
                st.badge(_("One-time codes"), color="green", icon=":material/phonelink_lock:")
            live = len(sessions.of_user(db, user.email, now=frame.now()))
            seen = _("last signed in {time}", time=frame.when(user.signed_in_at)) if user.signed_in_at else _(
                "never signed in")  # fmt: skip
            facts = (seen, n_("{count} session", "{count} sessions", live), told_letter(user.email))
            st.caption(" · ".join(fact for fact in facts if fact))
        with st.container(horizontal=True, vertical_alignment="bottom", key=f"people_do_{user.id}"):
            key = f"people_role_{user.id}_{user.role}"
            st.selectbox(
                _("Role"), roles.ROLES, index=roles.ROLES.index(user.role), format_func=called, key=key, width=330,
                label_visibility="collapsed", on_change=change_role, args=(user.email, key),
            )  # fmt: skip
            st.button(_("New link"), key=f"people_renew_{user.id}", icon=":material/link:", on_click=renew,
                      args=(user.email,), help=_("For a lost invitation, or a forgotten password."))  # fmt: skip
            if frame.the_settings().smtp_url:
                st.button(_("Send the link by e-mail"), key=f"people_mail_{user.id}", icon=":material/mail:",
                          on_click=mail_anew, args=(user.email,))  # fmt: skip
            if live:
                st.button(_("Sign out everywhere"), key=f"people_out_{user.id}", on_click=sign_out, args=(user.email,))
            if user.has_codes:
                st.button(_("Ask for no codes"), key=f"people_codes_{user.id}", on_click=drop_codes,
                          args=(user.email,), help=_("For somebody who lost their phone."))  # fmt: skip
            with st.popover(_("Remove"), icon=":material/person_remove:", key=f"people_remove_{user.id}"):
                st.write(_("Open tabs end at their next click. What they did stays in the log."))
                st.button(_("Remove now"), key=f"people_remove_now_{user.id}", type="primary", on_click=remove,
                          args=(user.email,))  # fmt: skip

if users:
    team = options.read(db)
    with st.container(border=True, key="people_rules"):
        st.header(_("What is asked for"), anchor=False)
        above = st.number_input(
            _("A second person approves campaigns to more people than"), value=None, min_value=0, step=1, width=380,
            key=settings_form.follow("people_above", team.approval_above), placeholder=_("never because of the size"),
        )  # fmt: skip
        price = st.number_input(
            _("… or that cost more than ({currency})", currency=team.currency),
            value=None, min_value=0.0, step=100.0, width=380,
            key=settings_form.follow("people_price", team.approval_above_price),
            placeholder=_("never because of the price"),
        )  # fmt: skip
        idle = st.number_input(
            _("Minutes without work after which one is signed out"), min_value=5, max_value=720, step=5, width=380,
            key=settings_form.follow("people_idle", team.idle_minutes),
        )  # fmt: skip
        needed = st.toggle(_("Administrators must have an authenticator app"),
                           key=settings_form.follow("people_codes_needed", team.admins_need_codes))  # fmt: skip
        alone = st.toggle(
            _("In an emergency one approver may release alone"),
            key=settings_form.follow("people_alone", team.approval_alone),
            help=_("With a reason; everybody else who may approve is told."),
        )  # fmt: skip
        st.caption(_("What editors compose is always approved by a second person, and nobody approves their own."))
        if st.button(_("Save"), key="people_save", type="primary"):
            settings_form.save(approval_above=above, approval_above_price=price, idle_minutes=idle,
                               approval_alone=alone, admins_need_codes=needed)  # fmt: skip
    st.caption(_("Sessions end after {hours} hours in any case.", hours=words.number(sessions.LONGEST // 3_600_000)))
