"""The command line of people: add, list, role, remove, invite, reset; for the first, and for who is locked out."""

import argparse
import getpass
import sys

from nextpod_core import accounts, roles, sessions, store
from nextpod_core.people import COMMAND
from nextpod_core.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `python -m nextpod_core people` takes."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, told in (
        ("add", "let somebody in: asks for their password, or prints a one-time link where nobody can type"),
        ("invite", "print a new one-time link, for a lost invitation or a forgotten password"),
        ("reset", "set a new password here, and ask for one-time codes no more"),
        ("role", "give somebody another role"),
        ("remove", "let somebody in no more, at once"),
        ("sign-out", "end all sessions of somebody"),
    ):
        one = verbs.add_parser(verb, help=told, description=told)
        one.add_argument("email")
        if verb in ("add", "role"):
            one.add_argument("--role", required=True, choices=roles.ROLES)
        if verb == "add":
            one.add_argument("--link", action="store_true", help="print a one-time link and ask for no password")
    verbs.add_parser("list", help="who may sign in, and as what")


def run(args: argparse.Namespace, settings: Settings, *, now: int) -> int:
    """Do what `args` say; 0. Raises BadInput with a sentence for what can't be done."""
    db = store.open(settings)
    match args.verb:
        case "list":
            for user in accounts.every(db):
                state = "invited" if user.is_invited else "with codes" if user.has_codes else "signs in"
                live = len(sessions.of_user(db, user.email, now=now))
                print(f"{user.email}\t{user.role}\t{state}\t{live} sessions")
        case "add":
            user = accounts.add(db, args.email, args.role, by=COMMAND, now=now)
            password = None if args.link else _ask()
            if password is None:
                _print_link(settings, accounts.link(db, user.email, by=COMMAND, now=now))
            else:
                accounts.set_password(db, user.email, password, by=COMMAND, now=now)
                print(f"{user.email} can sign in as {user.role}.")
        case "invite":
            _print_link(settings, accounts.link(db, args.email, by=COMMAND, now=now))
        case "reset":
            password = _ask()
            if password is None:
                _print_link(settings, accounts.link(db, args.email, by=COMMAND, now=now))
            else:
                accounts.set_password(db, args.email, password, by=COMMAND, now=now)
            accounts.drop_codes(db, args.email, by=COMMAND, now=now)
        case "role":
            accounts.set_role(db, args.email, args.role, by=COMMAND, now=now)
        case "remove":
            accounts.remove(db, args.email, by=COMMAND, now=now)
        case "sign-out":
            print(f"{sessions.end_all(db, args.email, by=COMMAND, now=now)} sessions ended")
    return 0


def _ask() -> str | None:
    """A password, typed twice and not shown; None where there is no terminal, or nothing was typed."""
    if not sys.stdin.isatty():
        return None
    typed = getpass.getpass("Password (empty for a one-time link): ")
    if not typed:
        return None
    while getpass.getpass("The same once more: ") != typed:
        typed = getpass.getpass("They differ. Password: ")
    return typed


def _print_link(settings: Settings, token: str) -> None:
    print("This link works once, for 72 hours:")
    if settings.dashboard_url:
        print(f"{settings.dashboard_url}/invite/{token}")
        return
    address = settings.dashboard_address if settings.dashboard_address not in ("0.0.0.0", "::") else "localhost"
    host = f"[{address}]" if ":" in address else address
    print("(Behind a proxy, put the desk's own address before /invite/, or set NEXTPOD_DASHBOARD_URL.)")
    print(f"http://{host}:{settings.dashboard_port}/invite/{token}")
