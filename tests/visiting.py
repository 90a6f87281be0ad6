"""Somebody at the dashboard, without a browser: opens a campaign over the websocket and presses what stands there."""

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PRESSED = ("campaign_pause", "campaign_resume")


@dataclass
class Visitor:
    """Presses pause and resume of one campaign in turn, on whatever dashboard listens; comes back when it was killed.

    `there` is set while a dashboard has answered and lives; `presses` counts the clicks that were answered.
    """

    port: int
    campaign: int
    presses: int = 0
    there: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._gone = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._stay()))
        self._thread.start()

    def leave(self) -> None:
        """Go home; what was pressed last stands."""
        self._gone.set()
        self._thread.join()

    async def _stay(self) -> None:
        while not self._gone.is_set():
            with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                await self._visit()
            self.there.clear()
            await asyncio.sleep(0.1)

    async def _visit(self) -> None:
        async with websockets.connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            origin=websockets.Origin(f"http://127.0.0.1:{self.port}"), max_size=None, open_timeout=5, close_timeout=0.2,
        ) as line:  # fmt: skip
            page = {"page_name": "campaigns", "query_string": f"campaign={self.campaign}"}
            asked = BackMsg(rerun_script=page)
            while not self._gone.is_set():
                await line.send(asked.SerializeToString())
                buttons: dict[str, str] = {}
                while True:
                    told = ForwardMsg.FromString(await asyncio.wait_for(line.recv(), 20))
                    kind = told.WhichOneof("type")
                    if kind == "delta" and told.delta.new_element.WhichOneof("type") == "button":
                        id = told.delta.new_element.button.id
                        buttons |= {key: id for key in PRESSED if id.endswith(f"-{key}")}
                    elif kind == "script_finished" and told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                        break
                self.there.set()
                if asked.rerun_script.widget_states.widgets:
                    self.presses += 1
                # A pause is short, or nothing would be sent for others to be killed in the middle of.
                await asyncio.sleep(0.1 if "campaign_resume" in buttons else 0.8)
                asked = BackMsg(rerun_script=page)
                for id in buttons.values():
                    asked.rerun_script.widget_states.widgets.add(id=id, trigger_value=True)
