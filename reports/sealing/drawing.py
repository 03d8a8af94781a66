"""Seals and signatures as PDF drawing operators: letters are outlines, so that every reader shows them alike."""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

MM: Final = 72 / 25.4
UNKNOWN_LETTER: Final = "〓"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Operators within a box of this size in points; *picture* (PNG with alpha) fills the box where given."""

    width: float
    height: float
    operators: bytes = b""
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Transform:
    """a b c d e f of a PDF matrix."""

    a: float = 1
    b: float = 0
    c: float = 0
    d: float = 1
    e: float = 0
    f: float = 0

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f


class _PathPen(BasePen):
    """Writes path operators; quadratic curves arrive as cubic ones."""

    def __init__(self, glyphs: Any, transform: Transform) -> None:
        super().__init__(glyphs)
        self.transform = transform
        self.parts: list[str] = []

    def _point(self, point: tuple[float, float]) -> str:
        x, y = self.transform.at(*point)
        return f"{x:.2f} {y:.2f}"

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 -- named by fontTools
        self.parts.append(f"{self._point(pt)} m")

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 -- named by fontTools
        self.parts.append(f"{self._point(pt)} l")

    def _curveToOne(  # noqa: N802 -- named by fontTools
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        self.parts.append(f"{self._point(pt1)} {self._point(pt2)} {self._point(pt3)} c")

    def _closePath(self) -> None:  # noqa: N802 -- named by fontTools
        self.parts.append("h")


class Letters:
    """Outlines of characters: the first font that has one draws it."""

    def __init__(self, fonts: Sequence[bytes]) -> None:
        self._fonts = fonts

    @cached_property
    def _loaded(self) -> list[tuple[Any, Any, int]]:
        loaded = []
        for content in self._fonts:
            font = TTFont(io.BytesIO(content), lazy=True)
            loaded.append((font.getBestCmap(), font.getGlyphSet(), font["head"].unitsPerEm))
        return loaded

    def advance(self, letter: str) -> float:
        """Width as a part of the letter's height."""
        glyphs, name, units = self._glyph(letter)
        return float(glyphs[name].width) / units

    def path(self, letter: str, transform: Transform) -> str:
        """Path of one letter whose em is 1 × 1 before *transform*."""
        glyphs, name, units = self._glyph(letter)
        scale = 1 / units
        scaled = Transform(
            transform.a * scale, transform.b * scale, transform.c * scale, transform.d * scale,
            transform.e, transform.f,
        )  # fmt: skip
        pen = _PathPen(glyphs, scaled)
        glyphs[name].draw(pen)
        return "\n".join(pen.parts)

    def line(self, text: str, *, size: float, left: float, baseline: float, squeeze: float = 1) -> str:
        """A line of text as paths."""
        parts, x = [], left
        for letter in text:
            parts.append(self.path(letter, Transform(size * squeeze, 0, 0, size, x, baseline)))
            x += self.advance(letter) * size * squeeze
        return "\n".join(parts)

    def width(self, text: str, size: float) -> float:
        return sum(self.advance(letter) for letter in text) * size

    def _glyph(self, letter: str) -> tuple[Any, str, int]:
        for wanted in (letter, UNKNOWN_LETTER):
            for cmap, glyphs, units in self._loaded:
                if ord(wanted) in cmap:
                    return glyphs, cmap[ord(wanted)], units
        cmap, glyphs, units = self._loaded[0]
        return glyphs, ".notdef", units


def filled(paths: str, colour: tuple[float, float, float]) -> str:
    return f"q {_colour(colour)} rg\n{paths}\nf Q"


def stroked(paths: str, colour: tuple[float, float, float], width: float) -> str:
    return f"q {_colour(colour)} RG {width:.2f} w 1 J 1 j\n{paths}\nS Q"


def circle(x: float, y: float, radius: float) -> str:
    """Four Bézier quarters."""
    k = radius * 0.5522847498
    return (
        f"{x + radius:.2f} {y:.2f} m\n"
        f"{x + radius:.2f} {y + k:.2f} {x + k:.2f} {y + radius:.2f} {x:.2f} {y + radius:.2f} c\n"
        f"{x - k:.2f} {y + radius:.2f} {x - radius:.2f} {y + k:.2f} {x - radius:.2f} {y:.2f} c\n"
        f"{x - radius:.2f} {y - k:.2f} {x - k:.2f} {y - radius:.2f} {x:.2f} {y - radius:.2f} c\n"
        f"{x + k:.2f} {y - radius:.2f} {x + radius:.2f} {y - k:.2f} {x + radius:.2f} {y:.2f} c h"
    )


def star(x: float, y: float, radius: float) -> str:
    """Five points, one of them up."""
    inner = radius * math.sin(math.pi / 10) / math.sin(7 * math.pi / 10)
    points = []
    for step in range(10):
        length, angle = (radius if step % 2 == 0 else inner), math.pi / 2 + step * math.pi / 5
        points.append((x + length * math.cos(angle), y + length * math.sin(angle)))
    return polygon(points)


def polygon(points: Sequence[tuple[float, float]]) -> str:
    return polyline(points) + " h"


def polyline(points: Iterable[tuple[float, float]]) -> str:
    first, *rest = points
    return "\n".join([f"{first[0]:.2f} {first[1]:.2f} m", *(f"{x:.2f} {y:.2f} l" for x, y in rest)])


def rectangles(boxes: Iterable[tuple[float, float, float, float]]) -> str:
    """left, bottom, width, height each."""
    return "\n".join(f"{x:.2f} {y:.2f} {w:.2f} {h:.2f} re" for x, y, w, h in boxes)


def _colour(colour: tuple[float, float, float]) -> str:
    return " ".join(f"{part:.3f}" for part in colour)
