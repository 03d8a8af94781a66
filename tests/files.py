"""Builders of good and nasty files for tests of reading and uploading."""

import io
import re
import struct
import zipfile
import zlib

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from PIL import Image

SYNTHETIC_ID = "140499201301010013"
"""An identity number of an area that does not exist."""

# --- .xlsx ------------------------------------------------------------------------------------------


def xlsx(rows=(), *, name="学生花名册", change=None, date_1904=False):
    """A workbook with one sheet; `change(workbook, sheet)` may do more to it."""
    book = openpyxl.Workbook()
    if date_1904:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.title = name
    for row in rows:
        sheet.append(list(row))
    if change:
        change(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def edited_zip(content, edits=None, *, add=(), drop=()):
    """The same archive with members passed through functions, added or left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename not in drop:
                data = old.read(info)
                new.writestr(info.filename, (edits or {}).get(info.filename, bytes)(data))
        for filename, data in add:
            new.writestr(filename, data)
    return out.getvalue()


def with_sheet_xml(content, edit):
    return edited_zip(content, {"xl/worksheets/sheet1.xml": edit})


def xlsx_of_sheet_data(sheet_data, *, before="", after="", namespace_prefix=""):
    """A workbook whose sheet holds exactly this XML."""
    colon = f"{namespace_prefix}:" if namespace_prefix else ""
    declared = f"xmlns:{namespace_prefix}" if namespace_prefix else "xmlns"
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><{colon}worksheet {declared}="http://schemas.openxmlformats.org/'
        f'spreadsheetml/2006/main">{before}<{colon}sheetData>{sheet_data}</{colon}sheetData>{after}</{colon}worksheet>'
    )
    return with_sheet_xml(xlsx([["x"]]), lambda _: xml.encode())


def text_cell(address, text):
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


def zip_with_false_sizes(content, member, claimed):
    """The directory says that a member is small; the data go on."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        info = opened.getinfo(member)
        data = opened.read(member)
    false = bytearray(content)
    at = false.rfind(member.encode()) - 46
    assert false[at : at + 4] == b"PK\x01\x02"
    struct.pack_into("<I", false, at + 24, claimed)
    struct.pack_into("<I", false, at + 16, zlib.crc32(data[:claimed]))
    assert info.file_size > claimed
    return bytes(false)


def with_raw_member_name(content, old, new):
    """Rename a member in place, past what `zipfile` would allow; both names must be equally long."""
    assert len(old) == len(new)
    return content.replace(old, new)


# --- .xls: a compound file with one stream of BIFF8 records --------------------------------------------


def record(kind, data=b""):
    return struct.pack("<HH", kind, len(data)) + data


def label(row, column, text):
    return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def number(row, column, value, style=0):
    return record(0x0203, struct.pack("<HHHd", row, column, style, value))


def error(row, column, code):
    return record(0x0205, struct.pack("<HHHBB", row, column, 0, code, 1))


def hidden_row(row):
    return record(0x0208, struct.pack("<HHHHHHHH", row, 0, 9, 255, 0, 0, 0x20, 0x0F))


def hidden_columns(first, last):
    return record(0x007D, struct.pack("<HHHHHH", first, last, 2000, 0, 1, 0))


def merged(top, bottom, left, right):
    return record(0x00E5, struct.pack("<H4H", 1, top, bottom, left, right))


def _bof(kind):
    return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 0x06))


def xls(sheets, *, globals_extra=b"", streams=(), stream_name="Workbook"):
    """Sheets as {name: records} or {name: (records, visibility)}; formats 0 general, 1 date."""
    named = {name: value if isinstance(value, tuple) else (value, 0) for name, value in sheets.items()}
    styles = b"".join(record(0x00E0, struct.pack("<HH", 0, code) + bytes(16)) for code in (0, 14))
    bounds_size = sum(4 + 8 + 2 * len(name) for name in named)
    position = len(_bof(5) + globals_extra + styles) + bounds_size + len(record(0x000A))
    bounds, bodies = b"", b""
    for name, (records, visibility) in named.items():
        bounds += record(
            0x0085,
            struct.pack("<IBBBB", position + len(bodies), visibility, 0, len(name), 1)
            + name.encode("utf-16-le"),
        )
        bodies += _bof(0x10) + records + record(0x000A)
    stream = _bof(5) + globals_extra + styles + bounds + record(0x000A) + bodies
    return compound({stream_name: stream, **dict(streams)})


def compound(streams):
    """An OLE compound file; every stream is padded past the size kept in small sectors."""
    sectors, table, entries = [], [], [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    for order, (name, data) in enumerate(streams.items(), 1):
        padded = data.ljust(4096, b"\0")
        entries.append(
            _entry(name, 2, len(sectors), len(padded), right=order + 1 if order < len(streams) else -1)
        )
        _add_chain(sectors, table, padded)
    directory_start = len(sectors)
    _add_chain(sectors, table, b"".join(entries).ljust(512, b"\0"))
    table_count = 1
    while len(table) + table_count > table_count * 128:
        table_count += 1
    table_start = len(sectors)
    words = [*table, *[0xFFFFFFFD] * table_count]
    words += [0xFFFFFFFF] * (table_count * 128 - len(words))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack(
        "<IIIIIIIII", 0, table_count, directory_start, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    )
    numbers = [table_start + index for index in range(table_count)]
    header += struct.pack("<109I", *numbers, *[0xFFFFFFFF] * (109 - table_count))
    return header + b"".join(sectors) + struct.pack(f"<{len(words)}I", *words)


def _add_chain(sectors, table, data):
    count = -(-len(data) // 512)
    first = len(sectors)
    sectors += [data[index * 512 : index * 512 + 512].ljust(512, b"\0") for index in range(count)]
    table += [*range(first + 1, first + count), 0xFFFFFFFE]


def _entry(name, kind, start, size, *, child=-1, right=-1):
    encoded = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<iii", -1, right, child)
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBB", len(encoded), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


# --- pictures ---------------------------------------------------------------------------------------


def picture(image_format="JPEG", size=(60, 40), mode="RGB", colour=(200, 30, 30), **options):
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, image_format, **options)
    return out.getvalue()


def two_halves(left="red", right="blue", size=(80, 40)):
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, size[0], size[1]))
    return image


def exif_with_place(orientation=1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "CANARY-MAKER"
    exif.get_ifd(0x8825)[2] = (36.0, 12.0, 0.0)
    exif.get_ifd(0x8825)[1] = "N"
    return exif


def png_claiming(width, height, *, extra=b""):
    """A PNG header of any size with next to no data."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(bytes(99)))
        + chunk(b"IEND", b"")
    )


def png_text_chunk(unpacked_bytes):
    data = b"Comment\0\0" + zlib.compress(bytes(unpacked_bytes))
    return struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))


# --- PDF --------------------------------------------------------------------------------------------


def pdf(*, pages=1, catalog=b"", extra_objects=b"", trailer=b"", after=b""):
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(pages))
    body = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    body += b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>\nendobj\n"
    body += b"2 0 obj\n<< /Type /Pages /Count %d /Kids [%s] >>\nendobj\n" % (pages, kids)
    for page in range(pages):
        body += b"%d 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>\nendobj\n" % (page + 3)
    body += extra_objects
    return body + b"trailer\n<< /Root 1 0 R " + trailer + b" >>\nstartxref\n0\n%%EOF\n" + after


def pdf_object_stream(inner):
    packed = zlib.compress(b"9 0 " + inner)
    return (
        b"8 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
        + packed
        + b"\nendstream\nendobj\n"
    )


def without_spaces(text):
    return re.sub(r"\s+", "", text)
