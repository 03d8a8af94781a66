"""The final text of a form: rendered once when it is submitted, with a code on each page and places for signatures."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from reports.documents import annex1, annex2
from reports.documents.annex1 import annex1_paper
from reports.documents.annex2 import annex2_paper
from reports.documents.form_facts import FormHead
from reports.documents.monthly_return import ReturnForms, annex1_facts, annex2_facts
from reports.rendering import Sheet, Sheets, render_sheets
from reports.sealing.appearance import SEAL_DIAMETER, qr_code
from reports.sealing.codes import dashed, page_address, short_code
from reports.sealing.drawing import MM, Drawing
from reports.sealing.facts import Box, FieldPlace

FILLER: Final = "filler"
SEAL: Final = "seal"
PRINCIPAL: Final = "principal"
FIELD_TITLES: Final = {FILLER: "填表人签字", SEAL: "学校印章", PRINCIPAL: "校长签字"}
QR_SIZE: Final = 15.5 * MM
_QR_BOTTOM: Final = 4.5 * MM


@dataclass(frozen=True, slots=True)
class FinalForm:
    """Bytes that are ready to be signed, once codes and fields are on them."""

    title: str
    code: str
    sheets: Sheets

    @property
    def pages(self) -> int:
        return len(self.sheets.pages)

    def fields(self) -> list[FieldPlace]:
        """In the order of signing: the filler, the seal, the principal."""
        return [FieldPlace(name, title, self.box(name)) for name, title in FIELD_TITLES.items()]

    def box(self, name: str) -> Box:
        """Where a signature stands; the seal in the middle of the place left free for it."""
        page, place = next((n, p.places[name]) for n, p in enumerate(self.sheets.pages) if name in p.places)
        left, bottom, right, top = place
        if name == SEAL:
            edge = (right - left - SEAL_DIAMETER) / 2
            return Box(page, left + edge, bottom + edge, right - edge, top - edge)
        return Box(page, left, bottom, right, top)

    def codes(self, site: str) -> list[tuple[Drawing, float, float]]:
        """One QR code a page, in the lower right corner."""
        return [
            (
                qr_code(page_address(site, self.code, number, self.pages), QR_SIZE),
                _text_edge(sheet) - QR_SIZE,
                _QR_BOTTOM,
            )
            for number, sheet in enumerate(self.sheets.pages, start=1)
        ]


def final_annex1(forms: ReturnForms, code: str) -> FinalForm:
    facts = annex1_facts(forms)
    head = _coded(facts.head, code)
    return _set(annex1.TEMPLATE, annex1_paper(dataclasses.replace(facts, head=head)), head, code)


def final_annex2(forms: ReturnForms, code: str) -> FinalForm:
    facts = annex2_facts(forms)
    head = _coded(facts.head, code)
    return _set(annex2.TEMPLATE, annex2_paper(dataclasses.replace(facts, head=head)), head, code)


# By the form's code; each later form joins with its own line.
FINAL_FORMS: Final[dict[str, Callable[[ReturnForms, str], FinalForm]]] = {
    "annex1": final_annex1,
    "annex2": final_annex2,
}


def _coded(head: FormHead, code: str) -> FormHead:
    return dataclasses.replace(head, verify_code=dashed(short_code(code)), verify_path=f"/v/{code}")


def _set(template: str, paper: Mapping[str, object], head: FormHead, code: str) -> FinalForm:
    return FinalForm(head.title, code, render_sheets(template, paper))


def _text_edge(sheet: Sheet) -> float:
    """The right edge of the text: margins as in paper.css."""
    return sheet.width - (12 if sheet.width > sheet.height else 18) * MM
