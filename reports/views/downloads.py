"""A document that is handed out: its type, and a name that needs no number of anybody."""

from typing import Final

from django.http import HttpResponse
from django.utils.http import content_disposition_header

TYPES: Final = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def download(content: bytes, name: str) -> HttpResponse:
    """*name* ends in .pdf or .xlsx."""
    header = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        content,
        content_type=TYPES[name.rpartition(".")[2]],
        headers={"Content-Disposition": header or "attachment"},
    )
