"""Bytes of documents: on the disk for good before their row is in the database."""

import uuid as uuids

from accounts.models import StoredFile, User
from accounts.storage import remove_bytes, write_bytes
from accounts.workflow import StepRefused
from reports.sealing.codes import sha256

NOT_WRITTEN = "服务器磁盘写不进去，没有签章，月报也没有变。请过一会儿再试，并告诉管理员。"


class Shelf:
    """Files of one action: written first, entered with the action's rows, taken back where it fails."""

    def __init__(self, county_id: int, actor: User) -> None:
        self.county_id = county_id
        self.actor = actor
        self.written: list[uuids.UUID] = []

    def put(self, content: bytes, *, label: str, content_type: str, pages: int) -> StoredFile:
        """A row that is not in the database yet; its bytes are on the disk."""
        uuid = uuids.uuid4()
        try:
            write_bytes(uuid, content)
        except OSError as error:
            self.take_back()
            raise StepRefused(NOT_WRITTEN) from error
        self.written.append(uuid)
        return StoredFile(
            uuid=uuid,
            county_id=self.county_id,
            label=label[:120],
            content_type=content_type,
            size=len(content),
            page_count=pages,
            sha256=sha256(content),
            uploaded_by=self.actor,
        )

    def take_back(self) -> None:
        """Nothing was entered: the bytes go too. What a crash leaves is found by sweep_orphan_files."""
        for uuid in self.written:
            remove_bytes(uuid)
        self.written.clear()
