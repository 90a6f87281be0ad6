"""Commands on people: who may sign in, who opted out, and what is kept of one person."""

import argparse
import sys

from nextpod_core.commands import Add, now
from nextpod_core.settings import Settings


def people(args: argparse.Namespace, settings: Settings) -> int:
    """Who may sign in at the dashboard, and as what."""
    from nextpod_core import entry

    return entry.run(args, settings, now=now())


def person(args: argparse.Namespace, settings: Settings) -> int:
    """Everything about one person: `export` it into a zip, or `erase` it everywhere."""
    from nextpod_core import wishes

    return wishes.run(args, settings, now=now)


def consent(args: argparse.Namespace, settings: Settings) -> int:
    """Walk the ledger of opting out and in: whether every row is as it was written and says what the list says."""
    from nextpod_core import consent as ledger_of_consent
    from nextpod_core import store

    found = ledger_of_consent.verify(store.open(settings))
    if found.broken_at is not None:
        print(f"row {found.broken_at} is not as it was written", file=sys.stderr)
    if found.unwritten:
        print(f"{found.unwritten} rows of the suppression list are told otherwise, or not at all", file=sys.stderr)
    if found.is_whole:
        print(f"{found.entries} rows, whole; head {found.head}")
    return 0 if found.is_whole else 1


def audit(args: argparse.Namespace, settings: Settings) -> int:
    """Walk the audit log: whether every row is as it was written, and every head that was kept is still in it."""
    from nextpod_core import heads, store
    from nextpod_core import people as who

    db = store.open(settings)
    if (broken := who.audit_is_whole(db)) is not None:
        print(f"row {broken} is not as it was written, or the one before it was taken out", file=sys.stderr)
        return 1
    if args.head and who.audit_row_of(db, args.head) is None:
        print("the row with this head is gone: the log was cut off behind an earlier one", file=sys.stderr)
        return 1
    path = heads.file_of(settings.database)
    if missing := heads.first_missing(db, settings.database):
        print(
            f"row {missing.row} is gone or another one, and stands in {path.name}: the log was cut off, "
            "or an older copy of the database was put in its place by hand",
            file=sys.stderr,
        )
        return 1
    rows, head = who.audit_head(db)
    print(f"{rows} rows, whole; head {head}")
    if kept := heads.read(path):
        print(f"{len(kept)} heads kept in {path.name}, all of them in it")
    return 0


def register(add: Add) -> None:
    """These commands, with what each takes."""
    from nextpod_core import entry, wishes

    entry.arguments(add("people", people))
    wishes.arguments(add("person", person))
    add("consent", consent).add_argument("what", choices=("verify",))
    walked = add("audit", audit)
    walked.add_argument("what", choices=("verify",))
    walked.add_argument("--head", default="", help="a head that was printed before and kept elsewhere")
