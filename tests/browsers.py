"""One Chromium for all tests of a process: Playwright allows a single open session in a thread."""

import os

ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
]

_open: list = []


def shared(path: str):
    """The browser, started the first time. Tests open contexts of their own in it and close those.

    Playwright's event loop stays in the thread until the end, so Django is told that this is meant.
    """
    if not _open:
        from playwright.sync_api import sync_playwright

        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        driver = sync_playwright().start()
        _open.extend([driver.chromium.launch(executable_path=path, args=ARGUMENTS), driver])
    return _open[0]


def close_contexts() -> None:
    """What a test left open does not disturb the next."""
    for context in _open[0].contexts if _open else ():
        context.close()


def close() -> None:
    """At the end of the run; nothing happens when no test asked for a browser."""
    while _open:
        part = _open.pop(0)
        part.close() if hasattr(part, "close") else part.stop()
