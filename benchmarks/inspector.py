"""How soon the inspector's pages are painted by a real Chromium, on a database that is there.

Each page is opened several times, in turn with the others, in a fresh context: the first contentful
paint, as the browser reports it, and the whole time that the server took for the page. The bar is
300 ms to first paint. Beside them stands a page of one word: what the browser takes by itself.
Needs uvicorn and playwright (both in the group `test`) and Chromium. The key is found as by any
command.

    tastemaker demo --directory shop --customers 300
    cd shop && python ../benchmarks/inspector.py sqlite:///tastemaker.db 12347
"""

from __future__ import annotations

import argparse
import shutil
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median, quantiles

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

from tastemaker import Tastemaker
from tastemaker.cli.output import print_table
from tastemaker.web import app

BAR = 300
"""Milliseconds to first paint."""

EMPTY = "a page of one word"
PATHS = ("", "items", "weights", "health")
ENTRIES = "performance.getEntriesByName('first-contentful-paint')"
PAINT = f"{ENTRIES}[0].startTime"
SERVER = (
    "(({responseEnd, requestStart}) => responseEnd - requestStart)"
    "(performance.getEntriesByType('navigation')[0])"
)


def main() -> None:
    """Measures each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", help="an SQLAlchemy URL")
    parser.add_argument("user_id", help="whom to look up")
    parser.add_argument("--times", type=int, default=20, help="how often each page is opened")
    chosen = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        Tastemaker(chosen.database) as shop,
        served(shop) as root,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        item = shop.recommend(chosen.user_id, k=1)[0].item_id
        names = [EMPTY, *PATHS, f"item?item_id={item}", "person"]
        rounds = [
            [opened(browser, root, name, chosen.user_id) for name in names]
            for _ in range(chosen.times + 1)
        ][1:]
        lines = [
            line(name, own) for name, own in zip(names, zip(*rounds, strict=True), strict=True)
        ]
        browser.close()
    columns = ("page", "first paint (median)", "first paint (p95)", "server (median)", "bar")
    print_table(lines, columns, "Milliseconds")


def line(name: str, measured: Sequence[tuple[float, float]]) -> dict[str, object]:
    """The figures of one page."""
    paints, servers = zip(*measured, strict=True)
    return {
        "page": name or "overview",
        "first paint (median)": round(median(paints)),
        "first paint (p95)": round(quantiles(paints, n=20, method="inclusive")[-1]),
        "server (median)": round(median(servers)),
        "bar": "" if name == EMPTY else BAR,
    }


def opened(browser: Browser, root: str, name: str, user_id: str) -> tuple[float, float]:
    """The time to first paint of a page in a fresh context, and the server's part of it."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{root}/inspector/{name}" if name != EMPTY else f"{root}/empty")
    if name == "person":
        look_up(page, user_id)
    while not page.evaluate(f"{ENTRIES}.length"):  # waiting in the page itself is refused by it
        page.wait_for_timeout(20)
    figures = page.evaluate(PAINT), page.evaluate(SERVER)
    context.close()
    return figures


def look_up(page: Page, user_id: str) -> None:
    """Sends the form of a person's page."""
    page.get_by_label("User id").fill(user_id)
    page.get_by_role("button").click()
    page.wait_for_load_state("load")


@contextmanager
def served(shop: Tastemaker) -> Iterator[str]:
    """The address of the inspector while the block runs; everybody may see it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        inspector = app(shop, lambda request, call: True)
        empty = Route("/empty", lambda request: HTMLResponse("<p>Empty"))
        application = Starlette(routes=[empty, Mount("/", inspector)])
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


if __name__ == "__main__":
    main()
