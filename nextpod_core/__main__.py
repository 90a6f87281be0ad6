"""The command line: `python -m nextpod_core COMMAND`. What the commands do stands in `commands/`."""

import argparse
import os
import sys

from nextpod_core import logs
from nextpod_core import settings as settings_module
from nextpod_core.commands import Command, now, people, processes, sending, store
from nextpod_core.db import Error, unusable
from nextpod_core.errors import BadInput, WrongSettings, WrongStore

__all__ = ["main", "now", "parser"]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="python -m nextpod_core", description="A desk for SMS campaigns over Nextpod.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command) -> argparse.ArgumentParser:
        told = (run.__doc__ or "").strip()
        one = commands.add_parser(name, help=told, description=told)
        one.set_defaults(run=run)
        return one

    for subject in (processes, store, sending, people):
        subject.register(add)
    commands.add_parser("sandbox", help="The stand-in for Nextpod; `sandbox mo` sends an incoming message by hand.")
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0, or 1 after a sentence on standard error, or 2 for a command line that makes no sense."""
    given = sys.argv[1:] if argv is None else argv
    if given[:1] == ["sandbox"]:  # Has a command line and settings of its own: it stands in for somebody else.
        from nextpod_core.sandbox import main as sandbox_main

        return sandbox_main(given[1:])
    args = parser().parse_args(given)
    if args.command == "check" and args.file is None:
        return sending.examine(args)
    try:
        settings = settings_module.load()
        logs.begin(settings)
        run: Command = args.run
        return run(args, settings)
    except (BadInput, WrongSettings, WrongStore) as error:
        print(error, file=sys.stderr)
        return 1
    except Error as error:
        print(unusable(settings.database.parent, error), file=sys.stderr)
        return 1
    except BrokenPipeError:  # Whoever read the output has seen enough; nothing more is written, at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
