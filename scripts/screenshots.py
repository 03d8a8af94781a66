"""Takes the pictures of the manuals: a scratch demonstration county, a server of its own, headless Chromium."""

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Account, picture, links to click or an address, on a phone?
PICTURES = [
    ("demo_clerk_1", "clerk-home", "/", False),
    ("demo_clerk_1", "clerk-return", "link:月报表", False),
    ("demo_clerk_1", "clerk-roster", "/students/roster/", False),
    ("demo_clerk_1", "clerk-movements", "/students/movements/", False),
    ("demo_clerk_1", "clerk-transfers", "/students/transfers/", False),
    ("demo_clerk_1", "clerk-offline", "/offline/", False),
    ("demo_clerk_1", "clerk-home-phone", "/", True),
    ("demo_principal_2", "principal-home", "/", False),
    ("demo_principal_2", "principal-home-phone", "/", True),
    ("demo_reviewer_1", "reviewer-home", "/", False),
    ("demo_reviewer_1", "reviewer-board", "/board/", False),
    ("demo_reviewer_1", "reviewer-summary", "/summary/", False),
    ("demo_reviewer_1", "reviewer-rollover", "/students/rollover/", False),
    ("demo_leader_1", "leader-home", "/", False),
    ("demo_administrator_1", "administrator-accounts", "/places/accounts/", False),
    ("demo_administrator_1", "administrator-calendar", "/places/calendar/", False),
]


def main() -> int:
    """Everything is made in a temporary folder and taken away again."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="baoxue-pictures-"))
    environment = {
        **os.environ,
        "BAOXUE_VAR": str(folder),
        "DJANGO_SETTINGS_MODULE": "config.settings.development",
    }
    environment.pop("DATABASE_URL", None)
    try:
        for command in (["migrate", "-v0"], ["load_demo_county"], ["collectstatic", "--noinput", "-v0"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)
        _served(environment)
    finally:
        shutil.rmtree(folder)
    return 0


def _served(environment: dict[str, str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "config.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--log-level",
            "warning",
        ],
        cwd=ROOT,
        env=environment,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/login/")
        _take(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait()


def _wait_for(address: str) -> None:
    for _ in range(100):
        try:
            with urlopen(address, timeout=2):  # noqa: S310 -- our own server on loopback
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("服务没有启动。")


def _take(base: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        pages: dict[tuple[str, bool], Page] = {}
        for account, name, where, phone in PICTURES:
            if (account, phone) not in pages:
                pages[account, phone] = _signed_in(browser, base, account, phone=phone)
            page = pages[account, phone]
            _go(page, base, where)
            _store(page.screenshot(), name)
            print(name)
        browser.close()


def _signed_in(browser: Browser, base: str, account: str, *, phone: bool) -> Page:
    page = browser.new_context(
        viewport=PHONE if phone else DESKTOP, locale="zh-CN", reduced_motion="reduce"
    ).new_page()
    page.goto(f"{base}/login/")
    page.get_by_label("账号").fill(account)
    page.get_by_label("密码").fill("demo-2026")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name="退出").first.wait_for(state="attached")
    return page


def _go(page: Page, base: str, where: str) -> None:
    if where.startswith("link:"):
        page.goto(f"{base}/")
        page.get_by_role("link", name="打开月报").first.click()
        page.wait_for_load_state("load")
    else:
        page.goto(base + where)


def _store(content: bytes, name: str) -> None:
    """Few colours: a page of text needs no more, and the repository stays small."""
    picture = Image.open(io.BytesIO(content)).convert("RGB").quantize(64)
    picture.save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
