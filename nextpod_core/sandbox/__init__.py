"""
The sandbox: a stand-in for Nextpod that speaks the documented API, with a simulated network behind it.

It is written from the API document alone and imports nothing else of this project, so that it can't agree with a
misreading of ours. `docs/sandbox.md` says what it does, and what was chosen where the document is silent.

    wire.py       HTTP/1.1 with reason phrases of our own
    api.py        the documented API                        server.py     addresses, start and end
    parameters.py what a request may hold                   command.py    `python -m nextpod_core sandbox`
    carrier.py    what becomes of a text                    callbacks.py  telling the ingester, again and again
    replies.py    what people answer                        post.py       the HTTP client for that
    operators.py  whose number it is                        store.py      the file and its one writer
    magic.py      numbers that do as told                   record.py     what stands in the file
    dice.py       chance that can be repeated               page.py       its own small page
    gsm.py        how many parts a text has                 settings.py   what it reads of the environment
"""

from nextpod_core.sandbox.command import main, run

__all__ = ["main", "run"]
