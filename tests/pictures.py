"""The pictures of the documentation, from the running product: a practice desk with a past, in both languages.

python -m tests.pictures                 # docs/pictures/*.png and docs/nb/pictures/*.png
python -m tests.pictures conversation    # one of them
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from nextpod_core import settings, store
from tests.browser import ROOT, free_port, looking, serving, wait

PAGES = {
    "overview": "/", "compose": "/compose?draft=1", "campaigns": "/campaigns", "delivery": "/analytics",
    "inbox": "/inbox", "suppressions": "/suppressions", "health": "/health", "conversation": "/inbox?person={waits}",
}  # fmt: skip
ANSWER = "Nei, det holder med den første siden."  # being written on the picture of a conversation
PLACES = {"en": ROOT / "docs" / "pictures", "nb": ROOT / "docs" / "nb" / "pictures"}


def main() -> None:
    """Make a desk, fill it, draw every page or those that are named, and leave nothing running."""
    asked = sys.argv[1:] or list(PAGES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = free_port()
        env = {name: value for name, value in os.environ.items() if not name.startswith("NEXTPOD_")} | {
            "NEXTPOD_DATABASE": str(folder / "desk.db"), "NEXTPOD_DASHBOARD_PORT": str(port),
            "NEXTPOD_INGEST_PORT": str(free_port()), "NEXTPOD_SANDBOX_PORT": str(free_port()),
        }  # fmt: skip
        command = [sys.executable, "-m", "nextpod_core"]
        for words in (["migrate"], ["demo", "--messages", "200000", "--seed", "17"], ["backup"]):
            subprocess.run([*command, *words], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        beside = [
            subprocess.Popen([*command, words], cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
            for words in ("ingest", "dispatch")
        ]
        try:
            with serving(env, port, folder / "log") as address, looking(address) as desk:
                waits = who_waits(env)
                # Whoever is opened has been read: so each page in both languages, and the conversation last.
                for page_name, language in ((name, language) for name in asked for language in PLACES):
                    height = {"conversation": 1100, "compose": 1340}.get(page_name, 900)
                    page = desk.open(PAGES[page_name].format(waits=waits), language=language, height=height)
                    page.wait_for_timeout(800)
                    if page_name == "conversation":
                        page.locator("[class*=st-key-live_inbox_answer_] textarea").press_sequentially(ANSWER)
                        page.wait_for_timeout(800)
                    if page_name == "compose":
                        wait(page)
                        if page.locator(".st-key-compose_sample button").count():  # the draft is the same in both
                            page.locator(".st-key-compose_sample button").click()
                        page.locator(".st-key-compose_insert_0").wait_for()
                        page.wait_for_timeout(1_500)
                    wait(page)
                    page.screenshot(path=PLACES[language] / f"{page_name}.png")
                    page.context.close()
                    print(PLACES[language] / f"{page_name}.png")
        finally:
            for process in beside:
                process.terminate()
                process.wait(20)


def who_waits(env: dict[str, str]) -> str:
    """Somebody who asks about the survey, whoever has waited longest."""
    db = store.open(settings.load(env))
    row = db.execute(
        """
        SELECT v.msisdn FROM conversations v JOIN inbound i ON i.id = v.last_inbound_id
         WHERE v.state = 'open' AND i.text LIKE '%undersøkelse%' ORDER BY v.waiting_since LIMIT 1
        """
    ).fetchone()
    db.close()
    return str(row["msisdn"])


if __name__ == "__main__":
    main()
