"""The zip around an .xlsx, inspected before any reader sees it: sizes, names, encryption, entities."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Final

from accounts.sandbox import FileProblem

MAX_UNZIPPED: Final = 100 * 1024 * 1024
MAX_MEMBERS: Final = 500
MAX_RATIO: Final = 100
RATIO_MATTERS_FROM: Final = 2 * 1024 * 1024
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_REFUSALS: Final = {
    "zip_bomb": "打不开：解压后异常大，不像正常的表格。请新建一个表格，只把名单粘贴进去，另存后再传",
    "damaged": "打不开：文件不完整或已损坏（可能没有传完）。请用 WPS 或 Excel 打开检查，另存后再传",
    "unsafe_xml": "打不开：文件内部有不安全的内容（实体定义）。请新建一个表格，只把名单粘贴进去，另存后再传",
    "unsafe_path": "打不开：压缩结构里有越界的路径，不是正常的表格。请用 WPS 或 Excel 重新另存后再传",
    "password": "打不开：文件加了密码。请在 WPS 或 Excel 里取消密码后再传",
    "macros": "打不开：文件里带有宏程序。请在 WPS 或 Excel 里另存为不带宏的“.xlsx”后再传",
}


def refusal(code: str) -> FileProblem:
    """A refusal that any of the spreadsheet readers may have to give."""
    return FileProblem(code, _REFUSALS[code])


@dataclass(slots=True)
class Archive:
    """Members by name; `read` inflates one within its declared size and checks what it holds."""

    content: bytes
    members: dict[str, zipfile.ZipInfo] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def has_folder(self, prefix: str) -> bool:
        return any(name.startswith(prefix) for name in self.members)

    def read(self, name: str) -> bytes:
        member = self.members.get(name)
        if member is None:
            raise refusal("damaged")
        data = _inflated(self.content, member)
        if len(data) != member.file_size or zlib.crc32(data) != member.CRC:
            raise refusal("damaged")
        _refuse_unsafe_xml(data)
        return data


def open_archive(content: bytes) -> Archive:
    """Check the directory of a zip; nothing is inflated yet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            infos = opened.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError, UnicodeError):
        raise refusal("damaged") from None
    if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_UNZIPPED:
        raise refusal("zip_bomb")
    archive = Archive(content)
    for info in infos:
        _check_member(info)
        if info.filename in archive.members:
            raise refusal("damaged")
        archive.members[info.filename] = info
    return archive


def _check_member(info: zipfile.ZipInfo) -> None:
    parts = info.orig_filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or ":" in parts[0] or not info.orig_filename.isprintable():
        raise refusal("unsafe_path")
    if info.flag_bits & 0x1:
        raise refusal("password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refusal("damaged")
    if info.file_size > RATIO_MATTERS_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        raise refusal("zip_bomb")


def _inflated(content: bytes, info: zipfile.ZipInfo) -> bytes:
    """At most one byte more than declared: `zipfile` itself trusts the declared size, other readers do not."""
    try:
        magic, name_length, extra_length = _LOCAL_HEADER.unpack_from(content, info.header_offset)
    except struct.error:
        raise refusal("damaged") from None
    start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
    raw = memoryview(content)[start : start + info.compress_size]
    if magic != b"PK\x03\x04" or len(raw) != info.compress_size:
        raise refusal("damaged")
    if info.compress_type == zipfile.ZIP_STORED:
        return bytes(raw)
    try:
        return zlib.decompressobj(-15).decompress(raw, info.file_size + 1)
    except zlib.error:
        raise refusal("damaged") from None


def _refuse_unsafe_xml(data: bytes) -> None:
    head = data[:200]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"<\x00" in head or b"\x00<" in head:
        raise refusal(
            "unsafe_xml"
        )  # UTF-16 would hide a DOCTYPE from the search below; Excel and WPS write UTF-8
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return
    declared = head.partition(b"?>")[0].lower()
    foreign = b"encoding" in declared and b"utf-8" not in declared and b"ascii" not in declared
    if foreign or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise refusal("unsafe_xml")
