"""What a file really is, by its content; the name is never asked."""

import re
from typing import Final

from accounts.sandbox import FileProblem

LABELS: Final = {
    "pdf": "PDF 文件", "jpeg": "JPEG 图片", "png": "PNG 图片", "gif": "GIF 图片", "bmp": "BMP 图片",
    "tiff": "TIFF 图片", "webp": "WebP 图片", "heic": "苹果手机的 HEIC 图片", "svg": "SVG 图形",
    "postscript": "EPS/PostScript 图形", "html": "网页文件", "xml-spreadsheet": "“XML 表格 2003”",
    "xml": "XML 文件", "mht": "单个网页文件（MHT）", "rtf": "RTF 文档", "rar": "RAR 压缩包", "7z": "7z 压缩包",
    "gzip": "GZ 压缩包", "exe": "可执行程序", "video": "视频", "zip": "ZIP 压缩文件", "ole": "旧版 Office 文件",
    "empty": "空文件", "unknown": "无法识别的文件",
}  # fmt: skip

_MAGIC: Final = (
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF8", "gif"), (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"), (b"%!PS", "postscript"), (b"\xc5\xd0\xd3\xc6", "postscript"), (b"{\\rtf", "rtf"),
    (b"Rar!", "rar"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"\x1f\x8b", "gzip"), (b"\x7fELF", "exe"),
)  # fmt: skip
_HEIC_BRANDS: Final = {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis", b"avif"}
_HTML: Final = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|table|meta|script|style|div|title)\b", re.IGNORECASE
)
_SVG: Final = re.compile(rb"<(?:!doctype\s+)?svg\b", re.IGNORECASE)


def what_is(content: bytes) -> str:
    """A key of `LABELS`, or "text" when it may be a table in text form."""
    if not content:
        return "empty"
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    return _binary_kind(content) or _markup_kind(content) or "text"


def _binary_kind(content: bytes) -> str | None:
    head = content[:1024]
    if b"%PDF-" in head:
        return "pdf"
    if head[4:8] == b"ftyp":
        return "heic" if head[8:12] in _HEIC_BRANDS else "video"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:2] == b"MZ" and b"\x00" in head:
        return "exe"
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "bmp"
    return None


def _markup_kind(content: bytes) -> str | None:
    head = content[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if head[:13].lower() == b"mime-version:":
        return "mht"
    if not head.startswith(b"<"):
        return None
    if _SVG.search(head):
        return "svg"
    if b"Excel.Sheet" in head or b"urn:schemas-microsoft-com:office:spreadsheet" in head:
        return "xml-spreadsheet"
    if _HTML.match(head) or (head.startswith((b"<?xml", b"<!--")) and _HTML.search(head)):
        return "html"
    return "xml" if head.startswith(b"<?xml") else None


def refuse_as_table(kind: str) -> FileProblem:
    """The sentence for something that is not a table, with the way to a file that is."""
    what = LABELS[kind]
    if kind == "empty":
        return FileProblem("empty", "是空的（0 字节），多半没有传完或没有保存。请重新导出后再传")
    if kind in {"html", "mht", "xml-spreadsheet"}:
        return FileProblem(
            "not_a_table",
            f"内容不是 Excel 表格（实际是{what}，改了扩展名）。请用 WPS 或 Excel 打开，另存为“.xlsx”后再传",
        )
    if kind in {"rar", "7z", "gzip", "zip"}:
        return FileProblem("not_a_table", f"内容不是表格（实际是{what}）。请先解压，再传里面的表格")
    return FileProblem(
        "not_a_table", f"内容不是表格（实际是{what}）。请把名单做成 Excel 表格，另存为“.xlsx”后再传"
    )
