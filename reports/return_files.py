"""The forms of a return as bytes: what pages download and commands write."""

from typing import Final

from accounts.storage import read_bytes
from reports.documents.annex1 import annex1_pdf
from reports.documents.annex2 import annex2_pdf
from reports.documents.monthly_return import ReturnForms, annex1_facts, annex2_facts
from reports.queries.standing import sealed_form
from reports.workbooks.annex1 import annex1_xlsx
from reports.workbooks.annex2 import annex2_xlsx

FORMATS: Final = ("pdf", "xlsx")


def return_file(forms: ReturnForms, form: int, kind: str) -> bytes:
    """Annex 1 or 2; FormFactsInvalid where the facts contradict each other.

    A PDF whose signatures hold is the sealed original itself, byte for byte.
    """
    document = sealed_form(forms.content.text, f"annex{form}") if kind == "pdf" else None
    if document is not None and document.sealed_file is not None:
        return read_bytes(document.sealed_file)
    if form == 1:
        facts = annex1_facts(forms)
        return annex1_pdf(facts) if kind == "pdf" else annex1_xlsx(facts)
    rows = annex2_facts(forms)
    return annex2_pdf(rows) if kind == "pdf" else annex2_xlsx(rows)
