"""The renderer: what a document may load, which fonts it carries, and that it leaves the process as it was."""

import base64
import gc
import io

import pytest
from pypdf import PdfReader

from reports import rendering
from reports.rendering import FetchRefused, FontFetcher, pdf_from_html

RED_DOT = base64.b64encode(
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="4" fill="red"/></svg>'
).decode()


def _font_names(pdf):
    page = PdfReader(io.BytesIO(pdf)).pages[0]
    return {font["/BaseFont"].split("+")[1] for font in page["/Resources"]["/Font"].values()}


def _paper(text):
    return f'<title>试</title><article class="paper"><p>{text}</p></article>'


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="attachment" href="file:///etc/hostname">',
        '<img src="file:///etc/hostname">',
        '<img src="http://127.0.0.1:9/x.png">',
        '<style>@import url("https://127.0.0.1:9/x.css");</style>',
        '<p style="background:url(ftp://127.0.0.1/x.png)">x</p>',
        # The names of our fonts belong to our style sheet alone.
        '<img src="font:song-regular">',
    ],
)
def test_document_asking_for_anything_outside_itself_is_refused(html):
    with pytest.raises(FetchRefused):
        pdf_from_html(f"<title>试</title>{html}")


def test_document_may_carry_a_picture_as_data():
    with_picture = pdf_from_html(f'<title>试</title><img src="data:image/svg+xml;base64,{RED_DOT}">')

    assert len(with_picture) > len(pdf_from_html("<title>试</title>"))


def test_style_sheet_gets_registered_fonts_only():
    assert FontFetcher().fetch("font:hei-labels").read()[:4] == b"\x00\x01\x00\x00"
    with pytest.raises(FetchRefused):
        FontFetcher().fetch("file:///etc/hostname")


def test_form_text_uses_our_embedded_truetype_and_no_system_font():
    page = PdfReader(io.BytesIO(pdf_from_html(_paper("控辍保学 <b>月报表</b> 0123")))).pages[0]
    fonts = [font["/DescendantFonts"][0] for font in page["/Resources"]["/Font"].values()]

    assert {font["/BaseFont"].split("+")[1] for font in fonts} == {"Baoxue-Song", "Baoxue-Song-Bold"}
    assert all(
        font["/Subtype"] == "/CIDFontType2" and "/FontFile2" in font["/FontDescriptor"] for font in fonts
    )


@pytest.mark.parametrize("name", ["𬭎㛃䶮", "买买提·吐尔逊", "堃喆璟珺", "㐱䲟"])
def test_rare_characters_print_from_our_own_font(name):
    pdf = pdf_from_html(_paper(name))

    assert name in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert _font_names(pdf) == {"Baoxue-Song"}


def test_same_text_gives_same_bytes_and_other_text_another_identifier():
    first, again, other = (
        pdf_from_html(_paper("一")),
        pdf_from_html(_paper("一")),
        pdf_from_html(_paper("二")),
    )

    assert first == again
    assert PdfReader(io.BytesIO(first)).trailer["/ID"] != PdfReader(io.BytesIO(other)).trailer["/ID"]
    assert "/CreationDate" not in PdfReader(io.BytesIO(first)).metadata


@pytest.mark.parametrize("was_on", [True, False])
def test_collector_is_left_as_it_was_found_even_after_a_refusal(was_on):
    before = gc.isenabled()
    (gc.enable if was_on else gc.disable)()
    try:
        pdf_from_html(_paper("一"))
        with pytest.raises(FetchRefused):
            pdf_from_html('<img src="file:///x">')
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()


def test_fonts_and_style_sheet_are_made_once_in_a_process():
    pdf_from_html(_paper("一"))
    made = rendering._engine.cache_info().misses

    pdf_from_html(_paper("二"))

    assert made == rendering._engine.cache_info().misses == 1


def test_library_for_fast_subsetting_is_installed():
    assert rendering.subsetting_is_fast()
