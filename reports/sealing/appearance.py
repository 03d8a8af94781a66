"""What a seal and a signature look like on the page."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import segno
from PIL import Image, ImageChops

from reports.sealing.drawing import (
    MM,
    Drawing,
    Letters,
    Transform,
    circle,
    filled,
    polyline,
    rectangles,
    star,
    stroked,
)
from reports.sealing.facts import SealingProblem

type Strokes = Sequence[Sequence[tuple[float, float]]]

RED: Final = (0.769, 0.086, 0.110)
BLACK: Final = (0.0, 0.0, 0.0)
INK: Final = (0.06, 0.10, 0.28)
# Round seal of an 事业单位: at most 45 mm, here 42 mm with a star of 14 mm (domain.md §7.3).
SEAL_DIAMETER: Final = 42 * MM
_RING: Final = 1.2 * MM
_STAR_RADIUS: Final = 7 * MM
_LETTER_GAP: Final = 1.0 * MM
# The name runs at most this far around, and neighbouring letters stand at most this far apart.
_WIDEST_ARC: Final = math.radians(270)
_WIDEST_STEP: Final = math.radians(30)
_SEAL_PIXELS: Final = 800
_SIGNATURE_PIXELS: Final = 900
STROKE_GRID: Final = 1000
MAX_STROKES: Final = 60
MAX_POINTS: Final = 4000


def round_seal(name: str, letters: Letters) -> Drawing:
    """Ring, star and the name on the arc, each letter as an outline."""
    middle = SEAL_DIAMETER / 2
    outer = middle - _RING / 2
    count = max(len(name), 1)
    step = min(_WIDEST_STEP, _WIDEST_ARC / max(count - 1, 1))
    size = min(6.4 * MM, 42 * MM / math.sqrt(count) * 0.45)
    top = middle - _RING - _LETTER_GAP
    room = step * (top - size / 2)
    squeeze = min(1.0, room / size * 0.94)
    paths = [
        _on_arc(letters, letter, place, count, step=step, size=size, squeeze=squeeze, top=top)
        for place, letter in enumerate(name)
    ]
    operators = [
        stroked(circle(middle, middle, outer), RED, _RING),
        filled(star(middle, middle, _STAR_RADIUS), RED),
        filled("\n".join(paths), RED),
    ]
    return Drawing(SEAL_DIAMETER, SEAL_DIAMETER, "\n".join(operators).encode())


def _on_arc(
    letters: Letters,
    letter: str,
    place: int,
    count: int,
    *,
    step: float,
    size: float,
    squeeze: float,
    top: float,
) -> str:
    angle = -(place - (count - 1) / 2) * step
    cos, sin = math.cos(angle), math.sin(angle)
    # In the letter's own axes: centred, its head at the ring. A Chinese letter reaches from −0.12 to 0.88 em.
    x, y = -letters.advance(letter) * size * squeeze / 2, top - size + 0.12 * size
    middle = SEAL_DIAMETER / 2
    return letters.path(
        letter,
        Transform(
            size * squeeze * cos, size * squeeze * sin, -size * sin, size * cos,
            middle + x * cos - y * sin, middle + x * sin + y * cos,
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class HandSignature:
    """A drawn signature (strokes on a grid of 1000 × 1000 × aspect) or a scanned one (PNG with alpha)."""

    strokes: Strokes = ()
    aspect: float = 3
    picture: bytes | None = None


def signature(
    name: str,
    day: str,
    note: str,
    letters: Letters,
    *,
    width: float,
    height: float,
    hand: HandSignature | None,
) -> Drawing:
    """The name (drawn by hand where there is one), the day beside it, and 代签 below where it is one."""
    small = min(9.0, height * 0.34)
    day_width = letters.width(day, small) + 2
    room = width - day_width
    low = height * (0.42 if note else 0.36)
    parts = [filled(letters.line(day, size=small, left=room + 2, baseline=low), BLACK)]
    if note:
        squeeze = min(1.0, width / max(letters.width(note, small * 0.8), 1))
        parts.append(
            filled(letters.line(note, size=small * 0.8, left=0, baseline=2.4, squeeze=squeeze), BLACK)
        )
    if hand is not None and hand.picture is not None:
        return Drawing(width, height, "\n".join(parts).encode(), fitted(hand.picture, room / width))
    if hand is not None and hand.strokes:
        parts.append(_written(hand, room, height))
    else:
        size = min(14.0, height * 0.62)
        squeeze = min(1.0, room / max(letters.width(name, size), 1))
        parts.append(filled(letters.line(name, size=size, left=0, baseline=low, squeeze=squeeze), BLACK))
    return Drawing(width, height, "\n".join(parts).encode())


def _written(hand: HandSignature, room: float, height: float) -> str:
    scale = min(room / STROKE_GRID, height * hand.aspect / STROKE_GRID)
    tall = STROKE_GRID / hand.aspect
    paths = []
    for stroke in hand.strokes:
        points = [(x * scale, (tall - y) * scale) for x, y in stroke]
        paths.append(polyline(points if len(points) > 1 else [points[0], points[0]]))
    return stroked("\n".join(paths), INK, 1.3)


def checked_strokes(strokes: object, aspect: object) -> HandSignature:
    """What a browser sent, within limits; SealingProblem otherwise."""
    if not isinstance(strokes, list) or not isinstance(aspect, int | float) or not 0.5 <= aspect <= 8:
        raise SealingProblem("手写签名没有收到，请重新写一遍。")
    if not strokes or len(strokes) > MAX_STROKES:
        raise SealingProblem("还没有写，或笔画太多。请在框内写下姓名。")
    kept: list[list[tuple[float, float]]] = []
    for stroke in strokes:
        if not isinstance(stroke, list) or not stroke:
            raise SealingProblem("手写签名不完整，请重新写一遍。")
        kept.append([_point(point) for point in stroke])
    if sum(len(stroke) for stroke in kept) > MAX_POINTS:
        raise SealingProblem("笔画太多，请只写姓名。")
    if sum(len(stroke) for stroke in kept) < 8:
        raise SealingProblem("只有几个点，不像签名。请重新写一遍。")
    return HandSignature(strokes=kept, aspect=float(aspect))


def _point(point: object) -> tuple[float, float]:
    if (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(part, int | float) and -50 <= part <= 2100 for part in point)
    ):
        return float(point[0]), float(point[1])
    raise SealingProblem("手写签名不完整，请重新写一遍。")


# --- scans: what is not ink becomes transparent ------------------------------------------------------------------


def seal_of_scan(content: bytes) -> bytes:
    """The red of a scanned seal on nothing, square, as PNG. Runs in the limited child."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    red, green, blue = picture.split()
    # How much redder than anything else: paper and black print have none of it.
    ink = ImageChops.subtract(red, ImageChops.lighter(green, blue)).point(_steep(30, 90))
    return _cut(ink, RED, square=True, pixels=_SEAL_PIXELS, what="公章", least=0.01)


def signature_of_scan(content: bytes) -> bytes:
    """The dark strokes of a scanned signature on nothing, as PNG. Runs in the limited child."""
    grey = Image.open(io.BytesIO(content)).convert("L")
    paper = sorted(grey.resize((64, 64)).tobytes())[3 * 64 * 64 // 4]
    ink = ImageChops.invert(grey).point(_steep(255 - paper + 40, 255 - paper + 110))
    return _cut(ink, INK, square=False, pixels=_SIGNATURE_PIXELS, what="签名", least=0.002)


def _steep(low: int, high: int) -> list[int]:
    return [max(0, min(255, round((value - low) * 255 / (high - low)))) for value in range(256)]


def _cut(
    ink: Image.Image,
    colour: tuple[float, float, float],
    *,
    square: bool,
    pixels: int,
    what: str,
    least: float,
) -> bytes:
    box = ink.point(lambda value: 255 if value > 96 else 0).getbbox()
    covered = sum(ink.resize((100, 100)).tobytes()) / 255 / 10000
    if box is None or covered < least:
        raise SealingProblem(
            f"图片里没有找到{what}。请在白纸上{'盖清楚' if square else '写清楚'}后正对着拍。"
        )
    if covered > 0.6:
        raise SealingProblem(f"图片里大半是墨色，分不出{what}。请在白纸上重拍。")
    ink = ink.crop(box)
    if square:
        side = max(ink.size)
        if min(ink.size) < side * 0.85:
            raise SealingProblem("公章不完整，或拍得太斜：长和宽相差太多。请正对着重拍，不要截掉边。")
        framed = Image.new("L", (side, side), 0)
        framed.paste(ink, ((side - ink.width) // 2, (side - ink.height) // 2))
        ink = framed
    ink.thumbnail((pixels, pixels))
    flat = Image.new("RGB", ink.size, tuple(round(part * 255) for part in colour))
    flat.putalpha(ink)
    out = io.BytesIO()
    flat.save(out, "PNG", optimize=True)
    return out.getvalue()


def seal_of_picture(picture: bytes) -> Drawing:
    """A scanned seal in the size of a drawn one."""
    return Drawing(SEAL_DIAMETER, SEAL_DIAMETER, picture=picture)


def fitted(picture: bytes, part: float) -> bytes:
    """*picture* at the left of a canvas of which it may take *part* of the width."""
    ink = Image.open(io.BytesIO(picture)).convert("RGBA")
    canvas = Image.new("RGBA", (max(1, round(ink.width / part)), ink.height), (255, 255, 255, 0))
    canvas.paste(ink, (0, 0))
    out = io.BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()


# --- QR codes ----------------------------------------------------------------------------------------------------


def qr_code(text: str, size: float) -> Drawing:
    """A QR code with its quiet zone, as squares; 15 % of it may be soiled."""
    matrix = segno.make(text, error="m", micro=False).matrix
    count = len(matrix) + 4
    unit = size / count
    dark = [
        ((column + 2) * unit, size - (row + 3) * unit, unit, unit)
        for row, line in enumerate(matrix)
        for column, value in enumerate(line)
        if value
    ]
    white = f"q 1 g 0 0 {size:.3f} {size:.3f} re f Q"
    return Drawing(size, size, f"{white}\n{filled(rectangles(dark), BLACK)}".encode())
