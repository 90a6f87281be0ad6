"""A test of the text on one's own phone, before it goes to everybody."""

import uuid

import streamlit as st

from nextpod_core import campaigns, msisdn, senders
from nextpod_core.sentences import say
from pages.parts import frame
from pages.parts.words import _


def is_untried(sender: str) -> bool:
    """Whether Nextpod has never accepted anything from this sender; some names are blocked by operators."""
    return any(each.name == sender and each.accepted_at is None for each in senders.every(frame.run_db()))


def draw(sender: str, text: str, *, key: str, told: str, primary: bool = False) -> None:
    """A button that opens the form; `told` says whose text it is. `key` for one of several on a page."""
    with st.popover(_("Test it on your own phone"), icon=":material/send_to_mobile:", key=key,
                    type="primary" if primary else "secondary"):  # fmt: skip
        # Made once for each form that is drawn: a second press is the same message.
        st.session_state.setdefault(f"{key}_key", uuid.uuid4().hex)
        st.text_input(_("Your mobile number"), key=f"{key}_number", type="phone")
        st.caption(told)
        st.button(_("Send the test"), key=f"{key}_send", type="primary", on_click=_send, args=(key, sender, text))


def _send(key: str, sender: str, text: str) -> None:
    with frame.telling_later():
        found = msisdn.read(st.session_state.get(f"{key}_number") or "", region=frame.team_options().region)
        to = found.msisdn or found.candidate
        if to is None:
            frame.tell_later(found.reason or say("There is no number."), "warning")
            return
        campaigns.test_send(
            frame.run_db(), sender=sender, text=text, msisdn=to, key=st.session_state[f"{key}_key"],
            by=frame.user(), now=frame.now(),
        )  # fmt: skip
        del st.session_state[f"{key}_key"]
        frame.tell_later(say("The test to +{number} is on its way.", number=to))
