import hashlib
import io
import random
import time

import pytest

from accounts.sandbox import FileProblem
from accounts.uploads import inspect_proof, prepare_proof
from tests.files import pdf, pdf_object_stream


@pytest.mark.parametrize("pages", [1, 3, 120])
def test_a_pdf_is_kept_as_it_is(pages):
    content = pdf(pages=pages)

    stored = inspect_proof(content, "证明.pdf")

    assert (stored.content, stored.content_type, stored.extension) == (content, "application/pdf", ".pdf")
    assert (stored.page_count, stored.width, stored.thumbnail) == (pages, None, None)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()


def test_real_pdfs_are_accepted_with_their_pages():
    from pypdf import PdfWriter

    for compress in (False, True):
        writer = PdfWriter()
        for _ in range(4):
            writer.add_blank_page(595, 842)
        if compress:
            writer.compress_identical_objects()
        out = io.BytesIO()
        writer.write(out)
        assert inspect_proof(out.getvalue(), "a.pdf").page_count == 4


def test_the_page_tree_may_be_packed_in_an_object_stream():
    content = pdf().replace(b"/Type /Pages /Count 1", b"/Type /Other")
    content = content.replace(b"/Type /Page /", b"/Type /None /").replace(
        b"trailer", pdf_object_stream(b"<< /Type /Pages /Count 7 /Kids [3 0 R] >>") + b"trailer"
    )

    assert inspect_proof(content, "a.pdf").page_count == 7


def test_words_inside_pictures_and_texts_of_a_pdf_are_no_content():
    stream = b"7 0 obj\n<< /Length 40 /Filter /DCTDecode >>\nstream\n\xff\xd8 /JS /JavaScript /Encrypt /Launch \nendstream\nendobj\n"

    assert inspect_proof(pdf(extra_objects=stream), "a.pdf").page_count == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pdf(trailer=b"/Encrypt 9 0 R"), "password"),
        (pdf(catalog=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), "active_content"),
        (pdf(catalog=b"/OpenAction << /S /J#61vaScript /#4a#53 (x) >>"), "active_content"),
        (pdf(catalog=b"/AA << /O << /S /Launch /F (cmd.exe) >> >>"), "active_content"),
        (pdf(catalog=b"/Names << /EmbeddedFiles 5 0 R >>"), "active_content"),
        (pdf(extra_objects=b"9 0 obj\n<< /Type /EmbeddedFile /Length 3 >>\nstream\nabc\nendstream\nendobj\n"), "active_content"),
        (pdf(extra_objects=pdf_object_stream(b"<< /S /JavaScript /JS (x) >>")), "active_content"),
        (pdf(catalog=b"/AcroForm << /XFA 5 0 R >>"), "active_content"),
        (pdf()[:-40], "damaged"),
        (pdf(pages=0), "damaged"),
        (pdf(after=b"PK\x03\x04 and an archive"), "trailing_data"),
        (pdf(after=b"x" * 5000), "damaged"),
        (b"GARBAGE\n" + pdf(), "wrong_type"),
        (pdf().replace(b"%PDF-1.7", b"%PDF-9.9"), "wrong_type"),
    ],
)  # fmt: skip
def test_pdfs_that_are_refused(content, code):
    with pytest.raises(FileProblem) as caught:
        inspect_proof(content, "证明.pdf")

    assert caught.value.code == code
    assert caught.value.message.startswith("“证明.pdf”")


@pytest.mark.parametrize(
    "piece",
    [
        b"<<",
        b"<< stream\n",
        b"/Type /Pages ",
        b"stream\nendstream ",
        b"/Type /Pages /Count 99999 << ",
        b"#61",
    ],
)
def test_a_pdf_made_to_slow_us_down_is_dealt_with(piece):
    content = b"%PDF-1.4\n" + piece * (4_000_000 // len(piece)) + b"\n%%EOF"
    start = time.perf_counter()

    try:
        inspect_proof(content, "a.pdf")
    except FileProblem as problem:
        assert problem.code in {"damaged", "active_content"}

    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("seed", range(3))
def test_damaged_pdfs_are_stored_or_refused_and_nothing_else(seed):
    chance = random.Random(seed)
    original = pdf()
    for _ in range(150):
        damaged = bytearray(original)
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(3, len(damaged))] = chance.randrange(256)
        try:
            prepare_proof(bytes(damaged), "证明", "pdf")
        except FileProblem as problem:
            assert problem.message
