"""Draws the app's icons as pictures from `icon.svg`, by Chromium: `python scripts/draw_icons.py`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).parents[1] / "src" / "ouidire" / "web" / "static"
WANTED = (
    ("icon-192.png", 192, "whole"),
    ("icon-512.png", 512, "whole"),
    ("icon-maskable-512.png", 512, "maskable"),
    ("badge-96.png", 96, "badge"),
)


def drawn(svg: str, shape: str) -> str:
    """`maskable` reaches every edge and keeps its figure in the middle; `badge` is one colour on nothing."""
    if shape == "maskable":
        svg = svg.replace(' rx="15"', "")
        return re.sub(r"<g ", '<g transform="translate(8 8) scale(.75)" ', svg, count=1)
    if shape == "badge":
        svg = re.sub(r"<rect[^>]*/>", "", svg)
        return svg.replace("#ffb48d", "#fff").replace("#f7f4ef", "#fff")
    return svg


def main() -> None:
    svg = (STATIC / "icon.svg").read_text("utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, size, shape in WANTED:
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>*{{margin:0}}svg{{display:block;width:{size}px}}</style>{drawn(svg, shape)}")
            page.screenshot(path=STATIC / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
