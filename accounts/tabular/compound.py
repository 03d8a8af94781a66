"""The container of old Office files (OLE compound file): its directory, and one stream of it."""

import struct
from dataclasses import dataclass
from typing import Final

from accounts.tabular.archive import refusal

_END: Final = 0xFFFFFFFA  # this and above mark free, end of chain, FAT sectors
_HEADER_TABLE: Final = 109
_MINI_CUTOFF: Final = 4096
_ENTRY_BYTES: Final = 128


@dataclass(slots=True)
class CompoundFile:
    content: bytes
    sector_bytes: int
    table: list[int]
    entries: dict[str, tuple[int, int]]
    """First sector and size of each stream and storage, by name."""

    def stream(self, name: str) -> bytes:
        first, size = self.entries[name]
        if size >= _MINI_CUTOFF:
            return self._chain(first)[:size]
        mini_first, _ = self.entries["Root Entry"]
        return _mini_stream(self, self._chain(mini_first), first, size)

    def _chain(self, first: int) -> bytes:
        return b"".join(self.sector(number) for number in follow(self.table, first))

    def sector(self, number: int) -> bytes:
        start = (number + 1) * self.sector_bytes
        data = self.content[start : start + self.sector_bytes]
        if not data:
            raise refusal("damaged")
        return data


def open_compound(content: bytes) -> CompoundFile:
    try:
        return _open(content)
    except (struct.error, IndexError, KeyError, ValueError):
        raise refusal("damaged") from None


def _open(content: bytes) -> CompoundFile:
    shift = struct.unpack_from("<H", content, 30)[0]
    if shift not in (9, 12):
        raise refusal("damaged")
    opened = CompoundFile(content, 1 << shift, [], {})
    directory_start, extra_start = (
        struct.unpack_from("<I", content, 48)[0],
        struct.unpack_from("<I", content, 68)[0],
    )
    table_sectors = list(struct.unpack_from(f"<{_HEADER_TABLE}I", content, 76))
    words = opened.sector_bytes // 4
    seen = 0
    while extra_start < _END:
        *more, extra_start = struct.unpack(f"<{words}I", opened.sector(extra_start))
        table_sectors += more
        seen += 1
        if seen > len(content) // opened.sector_bytes:
            raise refusal("damaged")
    for number in table_sectors:
        if number < _END:
            opened.table += struct.unpack(f"<{words}I", opened.sector(number))
    directory = b"".join(opened.sector(number) for number in follow(opened.table, directory_start))
    for start in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        entry = directory[start : start + _ENTRY_BYTES]
        name_bytes = struct.unpack_from("<H", entry, 64)[0]
        name = entry[: max(0, min(name_bytes, 64) - 2)].decode("utf-16-le", "replace")
        if entry[66]:
            opened.entries.setdefault(name, struct.unpack_from("<II", entry, 116))
    return opened


def follow(table: list[int], first: int) -> list[int]:
    """The numbers of a chain; a loop or a number out of range is damage."""
    numbers: list[int] = []
    while first < _END:
        if first >= len(table) or len(numbers) > len(table):
            raise refusal("damaged")
        numbers.append(first)
        first = table[first]
    return numbers


def _mini_stream(opened: CompoundFile, container: bytes, first: int, size: int) -> bytes:
    start = struct.unpack_from("<I", opened.content, 60)[0]
    packed = b"".join(opened.sector(number) for number in follow(opened.table, start))
    table = list(struct.unpack(f"<{len(packed) // 4}I", packed))
    return b"".join(container[number * 64 : number * 64 + 64] for number in follow(table, first))[:size]
