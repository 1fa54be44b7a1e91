"""Draw the pictures of the example site again: `python -m example_site.art.draw` (needs Chromium).

The results are committed in `demo/images`, so nobody has to run this to run the site.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from . import goods, scenes
from .shapes import HEIGHT, WIDTH

TARGET = Path(__file__).resolve().parent.parent / "demo" / "images"
PICTURES = {
    "river": scenes.river,
    "night": scenes.night,
    "garden": scenes.garden,
    "mill": scenes.mill,
    "otter-bag": goods.bag,
    "glow-worm-lantern": goods.lantern,
    "heron-can": goods.can,
    "badger-blanket": goods.blanket,
    "bench": goods.bench,
    "guide": goods.guide,
    "shelf": goods.shelf,
    "letters": goods.letters,
}
BROWSER = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def main(names: list[str]) -> None:
    """Draw the named pictures, all of them without names."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=BROWSER)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name in names or PICTURES:
            page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{PICTURES[name]()}")
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            picture.save(TARGET / f"{name}.jpg", quality=80, optimize=True, progressive=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
