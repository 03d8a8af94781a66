"""One form's PDF beside bare WeasyPrint of the same HTML."""

from collections.abc import Iterator
from unittest import mock

import weasyprint
from weasyprint.text.fonts import FontConfiguration

from benchmarks.figure import Figure, seconds
from reports import rendering
from reports.documents.annex1 import annex1_pdf
from tests.reports.form_examples import annex1_facts

ROUNDS = 12


def figures() -> Iterator[Figure]:
    """Ours: facts to bytes. Floor: the HTML that ours renders, handed to WeasyPrint as it comes."""
    facts = annex1_facts()
    html = _html_of(facts)
    fonts = FontConfiguration()
    rules = "\n".join(
        rendering.static_file(name).read_text(encoding="utf-8") for name in rendering.STYLESHEETS
    )
    css = weasyprint.CSS(string=rules, font_config=fonts, url_fetcher=rendering.FontFetcher())
    annex1_pdf(facts)
    _bare(html, fonts, css)
    ours, floor = [], []
    for _ in range(ROUNDS):
        ours.append(seconds(lambda: annex1_pdf(facts)))
        floor.append(seconds(lambda: _bare(html, fonts, css)))
    yield Figure("Annex 1 as PDF", sorted(ours)[ROUNDS // 2], sorted(floor)[ROUNDS // 2], limit=1.1)


def _html_of(facts) -> str:
    """What annex1_pdf hands to WeasyPrint."""
    seen = []
    with mock.patch.object(rendering, "pdf_from_html", seen.append):
        annex1_pdf(facts)
    return seen[0]


def _bare(html: str, fonts: FontConfiguration, css: weasyprint.CSS) -> bytes:
    """WeasyPrint as its manual shows it, with the fonts and the style sheet loaded beforehand."""
    return weasyprint.HTML(string=html).write_pdf(stylesheets=[css], font_config=fonts)
