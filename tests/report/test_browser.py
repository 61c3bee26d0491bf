"""The report in a real browser: nothing is fetched, nothing overflows, and it reads without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from avpi.report.write import RunFolder

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


def test_the_report_fetches_nothing(browser: Browser, written: RunFolder) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(written.report.as_uri())
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.locator("h1").count() == 1
    page.close()


@pytest.mark.parametrize("width", [400, 1100])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_window_and_says_the_verdict_first(
    browser: Browser, written: RunFolder, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=True,
    )
    page = context.new_page()
    page.goto(written.report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    verdict = page.locator("h2", has_text="Verdict").first.bounding_box()
    assert verdict is not None
    assert verdict["y"] < 450
    context.close()


def test_the_report_reads_without_scripts(browser: Browser, written: RunFolder) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written.report.as_uri())
    assert "Numbers behind the verdict" in page.inner_text("body")
    context.close()


def test_it_prints(browser: Browser, written: RunFolder, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(written.report.as_uri())
    printed = page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    assert printed.startswith(b"%PDF")
    page.close()
