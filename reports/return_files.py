"""The forms of a return as bytes: what pages download and commands write."""

from typing import Final

from reports.documents.annex1 import annex1_pdf
from reports.documents.annex2 import annex2_pdf
from reports.documents.monthly_return import ReturnForms, annex1_facts, annex2_facts
from reports.workbooks.annex1 import annex1_xlsx
from reports.workbooks.annex2 import annex2_xlsx

FORMATS: Final = ("pdf", "xlsx")


def return_file(forms: ReturnForms, form: int, kind: str) -> bytes:
    """Annex 1 or 2; FormFactsInvalid where the facts contradict each other."""
    if form == 1:
        facts = annex1_facts(forms)
        return annex1_pdf(facts) if kind == "pdf" else annex1_xlsx(facts)
    rows = annex2_facts(forms)
    return annex2_pdf(rows) if kind == "pdf" else annex2_xlsx(rows)
