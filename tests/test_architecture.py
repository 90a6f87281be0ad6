"""The layers: imports go downward only, and what a page may know."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted((ROOT / "nextpod_core").glob("*.py"))
PAGES = sorted((ROOT / "pages").rglob("*.py"))

# From the ground up. A module may import what stands in its own layer or below.
LAYERS = [
    {"sentences", "errors", "settings", "oidc_settings"},
    # Rules: no file of a person, no network, no clock.
    {"msisdn", "numberplans", "readings", "segments", "templates", "merge", "rates", "reasons", "keywords", "optwords",
     "wording", "schedule", "reference", "charsets", "delimited", "workbook", "slices", "shared_texts", "small_books",
     "worksheets", "audience", "bodies", "periods", "comparisons", "hints", "operators"},
    # Edges: one outside thing each.
    {"db", "request", "line", "wire", "api", "work", "oidc"},
]  # fmt: skip
PROCESSES = {"dispatcher", "ingester", "sending", "__main__"}
FREE_OF_PANDAS = {"dispatcher", "ingester", "outbox", "settlement", "reports", "folding", "inbound", "db", "store"}


def imports(path: Path) -> set[str]:
    """Dotted names of everything a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def core_imports(path: Path) -> set[str]:
    """Our own modules that a file of the core imports, by their first name below nextpod_core."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("nextpod_core.")}


def layer(name: str) -> int:
    return next((place for place, names in enumerate(LAYERS) if name in names), len(LAYERS))


def test_the_core_knows_no_streamlit():
    assert [path.name for path in CORE if any(name.split(".")[0] == "streamlit" for name in imports(path))] == []


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_imports_go_downward_only(path):
    modules = {other.stem for other in CORE}
    above = {name for name in core_imports(path) & modules if layer(name) > layer(path.stem)}
    assert above == set()


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_only_processes_are_imported_by_nothing_but_the_command_line(path):
    if path.stem != "__main__":
        assert core_imports(path) & PROCESSES == set()


def test_the_sandbox_shares_no_code_with_the_desk():
    own = (ROOT / "nextpod_core" / "sandbox").rglob("*.py")
    shared = {name for path in own for name in imports(path) if name.startswith("nextpod_core.")}
    assert {name for name in shared if not name.startswith("nextpod_core.sandbox")} == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_knows_no_http_no_sql_and_no_process(path):
    names = imports(path)
    assert not {name for name in names if name.split(".")[0] in ("httpx", "sqlite3", "pysqlite3", "sqlite_utils")}
    forbidden = PROCESSES | {"api", "line", "wire", "sandbox", "migrations"}
    assert not {name.split(".")[1] for name in names if name.startswith("nextpod_core.")} & forbidden
    assert not re.search(r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b", path.read_text())


def test_only_one_module_imports_the_driver():
    users = [path.stem for path in CORE if any(name.split(".")[0] == "pysqlite3" for name in imports(path))]
    assert users == ["db"]


@pytest.mark.parametrize("name", sorted(FREE_OF_PANDAS))
def test_hot_paths_start_without_pandas(name):
    import subprocess
    import sys

    code = f"import sys, nextpod_core.{name}; sys.exit('pandas' in sys.modules or 'sqlite_utils' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_no_file_reads_the_clock_but_processes_and_the_frame():
    clocks = re.compile(r"\btime\.time(_ns)?\(|datetime\.now\(|\butcnow\(")
    reading = {path.stem for path in CORE if clocks.search(path.read_text())}
    assert reading <= PROCESSES | {"imports", "staging"}


def test_everything_that_changes_the_store_says_who_did_it():
    """Public functions of the nouns that write take `by`, or run within one that does (named here, with the reason)."""
    within = {
        "changes.bump", "brakes.active", "outbox.claim", "outbox.members",  # the dispatcher's own, by DISPATCHER
        "store.beat", "campaigns.start_due", "campaigns.finish_done", "campaigns.sweep_cancelled",
    }  # fmt: skip
    assert within
    for module in (
        "campaigns",
        "drafts",
        "senders",
        "singles",
        "review",
        "making",
        "options",
        "suppressions",
        "brakes",
    ):
        tree = ast.parse((ROOT / "nextpod_core" / f"{module}.py").read_text())
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                source = ast.get_source_segment((ROOT / "nextpod_core" / f"{module}.py").read_text(), node) or ""
                writes = re.search(r"\b(INSERT|UPDATE|DELETE)\b", source)
                named = {argument.arg for argument in [*node.args.args, *node.args.kwonlyargs]}
                assert not writes or "by" in named or f"{module}.{node.name}" in within, f"{module}.{node.name}"
