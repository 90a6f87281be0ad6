"""
The line between the desk and the gateway as a process that can be killed: it carries bytes and knows nothing.

`python -m tests.relay FROM TO` listens on one loopback port and speaks to the other. Killed, it leaves every request
on it without an answer: some before their first byte, some in the middle, some after the gateway took them.
"""

import asyncio
import contextlib
import sys


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything that comes in at one end goes out at the other, until either is gone."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def main(own: int, other: int) -> None:
    """Until killed."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", other)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, there_writer), carry(there_reader, writer))
        writer.close()
        there_writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", own)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
