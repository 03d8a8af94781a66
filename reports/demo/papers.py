"""Invented papers: a page that looks like a photographed form, for the proofs of the demonstration."""

from io import BytesIO

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 900, 1270
FONT = settings.BASE_DIR / "static" / "fonts" / "NotoSerifSC-Regular.ttf"


def paper(title: str, lines: list[str]) -> bytes:
    """A PNG with a title, ruled lines and the word 演示 across it."""
    page = Image.new("RGB", (WIDTH, HEIGHT), "#fbfaf4")
    draw = ImageDraw.Draw(page)
    draw.text((WIDTH / 2, 120), title, fill="#222222", font=ImageFont.truetype(FONT, 44), anchor="mm")
    text = ImageFont.truetype(FONT, 28)
    for number, line in enumerate(lines):
        top = 220 + number * 70
        draw.text((90, top), line, fill="#333333", font=text)
        draw.line((80, top + 50, WIDTH - 80, top + 50), fill="#b9b4a4", width=2)
    draw.text(
        (WIDTH / 2, HEIGHT - 160),
        "演示数据，虚构",
        fill="#c9c4b4",
        font=ImageFont.truetype(FONT, 60),
        anchor="mm",
    )
    stream = BytesIO()
    page.save(stream, "PNG", optimize=True)
    return stream.getvalue()
