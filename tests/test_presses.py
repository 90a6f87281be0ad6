"""What was pressed is done, whatever else is asked for at the same moment."""

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests
from streamlit.runtime.state.safe_session_state import SafeSessionState

from pages.parts import frame, presses


class Runner(ScriptRunner):
    """A run that has just taken a press and not yet called its callback, while something else was asked for."""

    def __init__(self):
        self._requests = ScriptRequests()
        self._requests.request_rerun(RerunData())
        self._execing = True

    def _is_in_script_thread(self):
        return True


class Session:
    """Where the callbacks are called; each looks at the session's state, as they do."""

    def __init__(self):
        self.called, self.seen = 0, None

    def on_script_will_rerun(self, *_states, **_more):
        assert self.seen["a_key"] == 1
        self.called += 1

    def __getitem__(self, _key):
        return 1


def test_the_callback_of_a_press_is_called_before_anything_else_may_end_the_run():
    presses.keep()
    runner, session = Runner(), Session()
    session.seen = state = SafeSessionState(session, runner._maybe_handle_execution_control_request)
    state.on_script_will_rerun(None)
    assert session.called == 1
    with pytest.raises(RerunException):
        runner._maybe_handle_execution_control_request()


def test_a_page_that_ends_early_lets_go_of_nothing_that_was_asked_for():
    requests = ScriptRequests()
    assert requests.request_rerun(RerunData())
    with pytest.raises(BaseException) as ended:
        frame.stop()
    assert ended.type.__name__ == "StopException"
    assert requests.on_scriptrunner_ready().type.name == "RERUN"
