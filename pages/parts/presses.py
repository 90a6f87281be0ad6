"""
No press is lost between two runs of a page.

Streamlit takes a press out of its queue some time before it calls the button's callback. Whatever else the browser asks
for in between (a choice on the page, a box that is left) ends that run, and the press with it: on a busy machine one of
twenty-five pairs of clicks lost the first. Within a callback every look at the session's state is such an end, too.
So nothing ends a run until its callbacks have been called (streamlit 1.67: `SafeSessionState.on_script_will_rerun`,
`ScriptRunner._maybe_handle_execution_control_request`); right after them Streamlit looks again by itself.
"""

import threading
from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.state.safe_session_state import SafeSessionState

_thread = threading.local()
_will_rerun = SafeSessionState.on_script_will_rerun
_look_for_the_next = ScriptRunner._maybe_handle_execution_control_request


def keep() -> None:
    """From now on, for all sessions of this process."""
    SafeSessionState.on_script_will_rerun = _call_all_callbacks  # type: ignore[method-assign]
    ScriptRunner._maybe_handle_execution_control_request = _look_later  # type: ignore[method-assign]


def _call_all_callbacks(self: SafeSessionState, *states: Any, **more: Any) -> None:
    _thread.calling = True
    try:
        _will_rerun(self, *states, **more)
    finally:
        _thread.calling = False


def _look_later(self: ScriptRunner) -> None:
    if not getattr(_thread, "calling", False):
        _look_for_the_next(self)
