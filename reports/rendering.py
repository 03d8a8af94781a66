"""HTML template to PDF bytes; knows no domain, reads nothing but the template and our own fonts."""

import functools
import gc
import hashlib
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import weasyprint
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from weasyprint.text import ffi
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

logger = logging.getLogger(__name__)

STYLESHEETS = ("css/paper_fonts.css", "css/paper.css")
# The only names that url(font:…) in the style sheet may use.
FONT_FILES = {
    "font:song-regular": "fonts/NotoSerifSC-Regular.ttf",
    "font:song-bold": "fonts/NotoSerifSC-Bold-GB2312.ttf",
    "font:hei-labels": "fonts/NotoSansSC-Labels.ttf",
}
# CSS pixels are 1/96 of an inch, points 1/72.
PIXEL_PT: Final = 0.75
# One document at a time: threads gain nothing here, and the font map is shared.
_one_at_a_time = threading.Lock()


class FetchRefused(FatalURLFetchingError):
    """A document asked for something outside itself; that is a fault, so no PDF comes out."""


class DataOnlyFetcher(URLFetcher):
    """Documents may carry data: pictures and nothing else: a file: link would embed a local file."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        if not url.lower().startswith("data:"):
            raise FetchRefused(f"PDF 只能含有内嵌内容，不能读取：{url}")
        return super().fetch(url, headers)


class FontFetcher(URLFetcher):
    """Serves our own font files to our own style sheet, by name."""

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        if url not in FONT_FILES:
            raise FetchRefused(f"样式表只能使用登记的字体：{url}")
        return URLFetcherResponse(
            url, static_file(FONT_FILES[url]).read_bytes(), {"Content-Type": "font/ttf"}
        )


@dataclass(frozen=True, slots=True)
class Engine:
    """What every document of this process shares; making it costs as much as several forms."""

    fonts: FontConfiguration
    stylesheet: weasyprint.CSS
    fetcher: DataOnlyFetcher


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page in points: its size, and (left, bottom, right, top) of its named elements, from the lower left."""

    width: float
    height: float
    places: Mapping[str, tuple[float, float, float, float]]


@dataclass(frozen=True, slots=True)
class Sheets:
    """A document and its pages."""

    pdf: bytes
    pages: tuple[Sheet, ...]


def render_pdf(template: str, context: Mapping[str, object]) -> bytes:
    """The template as PDF; the same text gives the same bytes."""
    return pdf_from_html(render_to_string(template, dict(context)))


def pdf_from_html(html: str) -> bytes:
    """Set one document with the shared fonts and style sheet."""
    return _set(html).pdf


def render_sheets(template: str, context: Mapping[str, object]) -> Sheets:
    """The template as PDF, with where the elements that have an id stand on its pages."""
    return _set(render_to_string(template, dict(context)))


def _set(html: str) -> Sheets:
    with _one_at_a_time, _collector_off():
        shared = _engine()
        source = weasyprint.HTML(string=html, url_fetcher=shared.fetcher)
        document = source.render(stylesheets=[shared.stylesheet], font_config=shared.fonts)
        pdf: bytes = document.write_pdf(
            pdf_identifier=hashlib.sha256(html.encode()).hexdigest()[:32].encode()
        )
        pages = tuple(
            Sheet(page.width * PIXEL_PT, page.height * PIXEL_PT, _places(page)) for page in document.pages
        )
    return Sheets(pdf, pages)


def _places(page: Any) -> dict[str, tuple[float, float, float, float]]:
    return {
        name: (
            left * PIXEL_PT,
            (page.height - bottom) * PIXEL_PT,
            right * PIXEL_PT,
            (page.height - top) * PIXEL_PT,
        )
        for name, (left, top, right, bottom) in page.anchors.items()
    }


def subsetting_is_fast() -> bool:
    """Whether libharfbuzz-subset0 is installed: without it a form takes up to thirty times as long."""
    return ffi.harfbuzz_subset is not None


def static_file(name: str) -> Path:
    """One of our static files as it stands in the source tree."""
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(f"缺少文件 static/{name}")
    return Path(found)


@functools.cache
def _engine() -> Engine:
    if not subsetting_is_fast():
        logger.warning("缺少系统库 libharfbuzz-subset0，生成 PDF 会很慢。")
    fonts = FontConfiguration()
    rules = "\n".join(static_file(name).read_text(encoding="utf-8") for name in STYLESHEETS)
    stylesheet = weasyprint.CSS(string=rules, font_config=fonts, url_fetcher=FontFetcher())
    # What is loaded now stays for the life of the process: keep the collector from walking it again.
    gc.collect()
    gc.freeze()
    return Engine(fonts=fonts, stylesheet=stylesheet, fetcher=DataOnlyFetcher())


@contextmanager
def _collector_off() -> Iterator[None]:
    """A document is one burst of objects that all live until its end; collecting in between is waste."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
