"""The ingester's own server around an application that reads a request and says 200: `python -m bench.idle`."""

import asyncio
import socket
from typing import Any

import uvicorn
import uvloop

from nextpod_core.impatient import Impatient
from nextpod_core.ingester import look_for_garbage_seldom


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Do nothing."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"OK"})


async def serve() -> None:
    """Until killed. Prints the port first."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, http=Impatient, ws="none", lifespan="off", access_log=False, log_config=None,
                            proxy_headers=False, server_header=False, date_header=False)  # fmt: skip
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    look_for_garbage_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
