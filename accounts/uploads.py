"""What may be uploaded as proof: PDF, JPEG and PNG by content; images are re-encoded, PDFs looked through."""

import hashlib
import io
import re
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Final

from PIL import Image

from accounts.sandbox import FileProblem, SandboxError, run_limited
from accounts.tabular.kinds import LABELS, what_is
from accounts.text import shown_filename

MAX_FILE_BYTES: Final = 10 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
LONG_SIDE: Final = 2000
THUMBNAIL_SIDE: Final = 320
JPEG_QUALITY: Final = 85
KEEP_PNG_UP_TO: Final = 1024 * 1024
SECONDS: Final = 20
MEMORY_MB: Final = 512
_FORMATS: Final = {"jpeg": "JPEG", "png": "PNG"}
_ACCEPTED: Final = "只收 PDF、JPG、PNG"
_CLAIMS: Final = {".pdf": " PDF", ".jpg": "照片", ".jpeg": "照片", ".png": "图片"}

_PDF_VERSION: Final = re.compile(rb"%PDF-[12]\.\d")
_PDF_TAIL: Final = 2048
_PDF_STREAM: Final = re.compile(rb">>\s{0,8}stream\r?\n")
_PDF_NEAR: Final = 4096
_MAX_TREES: Final = 5000
_PDF_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_PDF_PACKED: Final = re.compile(rb"/(?:ObjStm|XRef)\b")
_PDF_ACTIVE: Final = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)(?![\w.-])"
)
_PDF_ENCRYPTED: Final = re.compile(rb"/Encrypt(?![\w.-])")
_PDF_PAGE: Final = re.compile(rb"/Type\s*/Page(?![\w.-])")
_PDF_TREE: Final = re.compile(rb"/Type\s*/Pages(?![\w.-])")
_PDF_COUNT: Final = re.compile(rb"/Count\s+(\d{1,5})(?!\d)")
_MAX_UNPACKED: Final = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes fit to be kept and served; `extension` with its dot, sizes in pixels for images only."""

    content: bytes
    content_type: str
    extension: str
    sha256: str
    page_count: int | None = None
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None


def inspect_proof(content: bytes, filename: str) -> StoredFile:
    """Check an uploaded proof in a limited child and return what may be stored."""
    name = shown_filename(filename)
    if len(content) > MAX_FILE_BYTES:
        size = f"{len(content) / 1024 / 1024:.1f}"
        raise FileProblem("too_large", f"“{name}”{size} MB，超过 10 MB。请用手机“原图”以外的方式重拍或重选。")
    kind = what_is(content)
    if kind not in {"pdf", *_FORMATS}:
        raise _not_a_proof(name, kind)
    try:
        return run_limited(prepare_proof, content, name, kind, seconds=SECONDS, memory_mb=MEMORY_MB)
    except SandboxError:
        raise FileProblem("too_costly", f"“{name}”处理不了：文件异常复杂。请直接拍照上传。") from None


def prepare_proof(content: bytes, name: str, kind: str) -> StoredFile:
    """The child's part of `inspect_proof`."""
    return _checked_pdf(content, name) if kind == "pdf" else _encoded_image(content, name, kind)


def _not_a_proof(name: str, kind: str) -> FileProblem:
    if kind == "empty":
        return FileProblem("empty", f"“{name}”是空的（0 字节），多半没有传完。请重新选择后再传。")
    if kind in {"heic", "webp"}:
        hint = "手机“设置—相机—格式”选“兼容性最佳”后重拍，或把照片截屏后上传"
        return FileProblem("wrong_type", f"“{name}”是{LABELS[kind]}，这里打不开。请在{hint}。")
    claim = _CLAIMS.get(PurePath(name).suffix.lower())
    what = LABELS.get(kind, "文本文件")
    if claim:
        return FileProblem(
            "wrong_type", f"“{name}”内容不是{claim}（实际是{what}）。请重新导出或直接拍照上传。"
        )
    return FileProblem("wrong_type", f"“{name}”是{what}，{_ACCEPTED}。请导出为 PDF 或直接拍照上传。")


# --- images -----------------------------------------------------------------------------------------


def _encoded_image(content: bytes, name: str, kind: str) -> StoredFile:
    try:
        with Image.open(io.BytesIO(content), formats=[_FORMATS[kind]]) as opened:
            _refuse_too_many_pixels(name, *opened.size)
            picture = _upright(opened)
    except (FileProblem, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(name) from None
    except Exception:  # noqa: BLE001 -- decoders raise anything on a broken file
        raise FileProblem(
            "damaged", f"“{name}”照片不完整或已损坏，可能没有传完。请重新选择或重拍后再传。"
        ) from None
    return _stored_image(picture, kind)


def _refuse_too_many_pixels(name: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(name)


def _too_many_pixels(name: str) -> FileProblem:
    return FileProblem(
        "too_many_pixels", f"“{name}”像素太大，超过 5000 万像素。请用手机普通模式重拍，或截屏后上传。"
    )


def _upright(opened: Image.Image) -> Image.Image:
    """Scaled down, turned upright, on white, in RGB or grey, and without anything but its pixels."""
    picture: Image.Image = opened
    exif = opened.getexif()  # read now: conversion drops it
    if opened.mode.startswith("I"):
        picture = opened.point(lambda value: value / 256).convert("L")  # 16-bit grey
    elif opened.mode in {"P", "PA", "1"}:
        picture = opened.convert("RGBA" if opened.mode == "PA" or "transparency" in opened.info else "RGB")
    elif "transparency" in opened.info:
        picture = opened.convert("RGBA")
    picture.thumbnail((LONG_SIDE, LONG_SIDE))
    if "A" in picture.getbands():
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture.convert("RGB"), mask=picture.getchannel("A"))
        picture = flat
    elif picture.mode not in {"RGB", "L"}:
        picture = picture.convert("RGB")
    picture.load()
    picture = _turned(picture, exif.get(0x0112, 1))
    picture.info = {}  # a comment or colour profile would be written out again
    return picture


_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def _turned(picture: Image.Image, orientation: object) -> Image.Image:
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return picture.transpose(turn) if turn is not None else picture.copy()


def _stored_image(picture: Image.Image, kind: str) -> StoredFile:
    content = _saved(picture, "PNG") if kind == "png" else b""
    extension, content_type = ".png", "image/png"
    if not content or len(content) > KEEP_PNG_UP_TO:
        content, extension, content_type = _saved(picture, "JPEG"), ".jpg", "image/jpeg"
    small = picture.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return StoredFile(
        content, content_type, extension, hashlib.sha256(content).hexdigest(),
        width=picture.width, height=picture.height, thumbnail=_saved(small, "JPEG"),
    )  # fmt: skip


def _saved(picture: Image.Image, image_format: str) -> bytes:
    out = io.BytesIO()
    if image_format == "JPEG":
        picture.save(out, image_format, quality=JPEG_QUALITY, optimize=True)
    else:
        picture.save(out, image_format, optimize=False)
    return out.getvalue()


# --- PDF --------------------------------------------------------------------------------------------


def _checked_pdf(content: bytes, name: str) -> StoredFile:
    if not _PDF_VERSION.match(content):
        raise FileProblem("wrong_type", f"“{name}”开头不是 PDF。请重新导出或直接拍照上传。")
    end = content.rfind(b"%%EOF", -_PDF_TAIL)
    if end < 0:
        raise FileProblem("damaged", f"“{name}”不完整，可能没有传完。请重新导出后再传。")
    if content[end + 5 :].strip(b"\r\n\t \x00"):
        raise FileProblem("trailing_data", f"“{name}”PDF 后面还附着别的内容。请重新导出或直接拍照上传。")
    plain = _plain_pdf_parts(content)
    if _PDF_ENCRYPTED.search(plain):
        raise FileProblem("password", f"“{name}”加了密码或限制。请导出不加密的 PDF，或直接拍照上传。")
    if _PDF_ACTIVE.search(plain):
        raise FileProblem(
            "active_content", f"“{name}”里带有脚本、附件或可执行内容。请打印成 PDF，或直接拍照上传。"
        )
    pages = _page_count(plain)
    if not pages:
        raise FileProblem("damaged", f"“{name}”里没有找到任何一页。请重新导出或直接拍照上传。")
    return StoredFile(
        content, "application/pdf", ".pdf", hashlib.sha256(content).hexdigest(), page_count=pages
    )


def _plain_pdf_parts(content: bytes) -> bytes:
    """Objects in the clear and those packed in object streams, names unescaped; pictures and fonts left out."""
    parts: list[bytes] = []
    position, room = 0, _MAX_UNPACKED
    while found := _PDF_STREAM.search(content, position):
        end = content.find(b"endstream", found.end())
        if end < 0:
            break
        dictionary = _unescaped(content[max(position, found.start() - _PDF_NEAR) : found.start()])
        parts.append(content[position : found.end()])
        if room > 0 and _PDF_PACKED.search(dictionary[dictionary.rfind(b" obj") + 1 :]):
            parts.append(_inflated(content[found.end() : end], room))
            room -= len(parts[-1])
        position = end
    return _unescaped(b"\n".join([*parts, content[position:]]))


def _unescaped(data: bytes) -> bytes:
    return _PDF_ESCAPE.sub(lambda found: bytes([int(found.group(1), 16)]), data)


def _inflated(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""


def _page_count(plain: bytes) -> int:
    """The largest count of a page tree, which is its root's; else the pages themselves."""
    counts = [0]
    for found in islice(_PDF_TREE.finditer(plain), _MAX_TREES):
        start = plain.rfind(b"<<", max(0, found.start() - _PDF_NEAR), found.start())
        end = plain.find(b"endobj", found.end(), found.end() + _PDF_NEAR)
        near = plain[max(start, 0) : end if end >= 0 else found.end() + _PDF_NEAR]
        counts += [int(count) for count in _PDF_COUNT.findall(near[: 2 * _PDF_NEAR])]
    return max(counts) or len(_PDF_PAGE.findall(plain))
