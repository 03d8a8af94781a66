"""Takes the pictures of the manuals from a scratch demonstration county: make docs."""

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES: Final = Path(__file__).resolve().parents[1] / "docs" / "images"
PASSWORD: Final = "demo-2026"  # noqa: S105 -- shown on the login page of the demonstration
DESKTOP: Final = (1366, 768)
PHONE: Final = (390, 844)
# A page may be higher than the screen, but a picture in a manual is read at a glance.
HIGHEST: Final = {DESKTOP: 1100, PHONE: 1200}
LARGEST: Final = 120_000
PATIENCE_SECONDS: Final = 600
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@dataclass(frozen=True)
class Shot:
    """One picture: as whom, from which address, then which links in turn (CSS selectors, the first match)."""

    name: str
    account: str
    path: str
    follow: tuple[str, ...] = ()
    size: tuple[int, int] = DESKTOP


ROSTER_FILE: Final = "clerk-roster-check"
MONTH: Final = 'main a[href$="/2026-11/"]'
SHOTS: Final = (
    Shot("login", "", "/login/"),
    Shot("clerk-home", "demo_clerk_1", "/"),
    Shot("clerk-home-phone", "demo_clerk_1", "/", size=PHONE),
    Shot("clerk-return", "demo_clerk_1", "/returns/", (MONTH,)),
    Shot("clerk-return-phone", "demo_clerk_1", "/returns/", (MONTH,), PHONE),
    Shot("clerk-submit", "demo_clerk_3", "/returns/", (MONTH, 'main a[href$="/submit/"]')),
    Shot("clerk-students", "demo_clerk_1", "/students/"),
    Shot("clerk-movements", "demo_clerk_1", "/students/movements/"),
    Shot(
        "clerk-depart",
        "demo_clerk_1",
        "/students/?grade=5",
        ('main table a[href*="/children/"]', 'main a[href$="/depart/"]'),
    ),
    Shot("clerk-arrive", "demo_clerk_1", "/students/movements/arrive/"),
    Shot("clerk-transfers", "demo_clerk_1", "/students/transfers/"),
    Shot(
        "clerk-transfer-confirm",
        "demo_clerk_1",
        "/students/transfers/",
        ('main td a[href*="/students/transfers/"]',),
    ),
    Shot("clerk-absences", "demo_clerk_1", "/students/absences/"),
    Shot("clerk-offline", "demo_clerk_1", "/offline/"),
    Shot("clerk-roster", "demo_clerk_1", "/students/roster/"),
    Shot(ROSTER_FILE, "demo_clerk_1", "/students/roster/"),
    Shot("principal-home", "demo_principal_1", "/"),
    Shot("principal-sign", "demo_principal_1", "/", ('main a[href$="/sign/"]',)),
    Shot("principal-sign-phone", "demo_principal_1", "/", ('main a[href$="/sign/"]',), PHONE),
    Shot("reviewer-board", "demo_reviewer_1", "/board/"),
    Shot("reviewer-board-phone", "demo_reviewer_1", "/board/", size=PHONE),
    Shot(
        "reviewer-review", "demo_reviewer_1", "/board/2026-11/?tab=review", ('main td a[href*="/returns/"]',)
    ),
    Shot("reviewer-unmet", "demo_reviewer_1", "/unmet-transfers/?tab=all"),
    Shot("reviewer-summary", "demo_reviewer_1", "/summary/"),
    Shot("reviewer-rollover", "demo_reviewer_1", "/students/rollover/"),
    Shot("administrator-accounts", "demo_administrator_1", "/places/accounts/"),
    Shot("administrator-account-add", "demo_administrator_1", "/places/accounts/add/"),
    Shot("administrator-schools", "demo_administrator_1", "/places/schools/"),
    Shot("administrator-calendar", "demo_administrator_1", "/places/calendar/"),
    Shot("administrator-settings", "demo_administrator_1", "/places/settings/"),
    Shot("leader-home", "demo_leader_1", "/"),
    Shot("leader-home-phone", "demo_leader_1", "/", size=PHONE),
)
# An invented roster with two things to mend: a wrong check digit and a birth date that disagrees.
ROSTER: Final = (
    "姓名,性别,身份证号,出生日期,年级,班级\n"
    "常念安,男,140425201903120017,2019-03-12,一年级,1班\n"
    "陆知遥,女,140425201905060028,2019-05-16,一年级,1班\n"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    """Returns when the server answers; loading the county takes about a minute."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise SystemExit(f"the server ended with {server.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/login/", timeout=10):  # noqa: S310 -- our own loopback address
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.5)
    raise SystemExit("the server did not answer in time")


def small(picture: bytes) -> bytes:
    """At most 256 colours, fewer if it is still too large."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    content = b""
    for colours in (256, 128, 64, 32, 16):
        stream = io.BytesIO()
        image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            stream, "PNG", optimize=True
        )
        content = stream.getvalue()
        if len(content) < LARGEST:
            break
    return content


def log_in(page: Page, account: str) -> None:
    page.goto("/login/")
    page.fill('input[name="username"]', account)
    page.fill('input[name="password"]', PASSWORD)
    page.click('main button[type="submit"], form button[type="submit"]')
    page.wait_for_url(lambda address: "/login/" not in address)


def take(page: Page, shot: Shot) -> bytes:
    """Goes where the picture is taken; a page that refuses is an error, not a picture."""
    answer = page.goto(shot.path)
    for selector in shot.follow:
        target = page.locator(selector).first.get_attribute("href")
        if target is None:
            raise SystemExit(f"{shot.name}: {selector} leads nowhere")
        answer = page.goto(target)
    if answer is None or answer.status != 200:
        raise SystemExit(f"{shot.name}: {page.url} did not answer 200")
    if shot.name == ROSTER_FILE:
        page.set_input_files(
            'input[type="file"]',
            {"name": "学生花名册.csv", "mimeType": "text/csv", "buffer": ROSTER.encode()},
        )
        page.click('main form button[type="submit"]')
        page.wait_for_load_state()
        page.wait_for_timeout(1500)
    height = page.evaluate("document.documentElement.scrollHeight")
    width = shot.size[0]
    page.set_viewport_size({"width": width, "height": min(max(height, 500), HIGHEST[shot.size])})
    return page.screenshot(animations="disabled")


def take_all(browser: Browser, address: str, folder: Path) -> None:
    """One context for each account and size, so that nobody logs in twice."""
    for account, size in dict.fromkeys((shot.account, shot.size) for shot in SHOTS):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            is_mobile=size == PHONE,
            has_touch=size == PHONE,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=address,
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        if account:
            log_in(page, account)
        for shot in SHOTS:
            if (shot.account, shot.size) == (account, size):
                page.set_viewport_size({"width": size[0], "height": size[1]})
                (folder / f"{shot.name}.png").write_bytes(small(take(page, shot)))
                print(shot.name, flush=True)
        context.close()


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="baoxue-pictures-") as scratch:
        port = free_port()
        environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        environment |= {"BAOXUE_VAR": scratch, "DJANGO_SETTINGS_MODULE": "config.settings.development"}
        server = subprocess.Popen(  # noqa: S603 -- our own module
            [sys.executable, "-m", "scripts.screenshot_server", str(port)], env=environment
        )
        folder = Path(scratch) / "images"
        folder.mkdir()
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address, server)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
                take_all(browser, address, folder)
                browser.close()
        finally:
            server.terminate()
            server.wait(timeout=30)
        shutil.rmtree(IMAGES, ignore_errors=True)
        shutil.copytree(folder, IMAGES)
    total = sum(picture.stat().st_size for picture in IMAGES.iterdir())
    print(f"{len(SHOTS)} pictures, {total / 1e6:.1f} MB, in docs/images")


if __name__ == "__main__":
    main()
