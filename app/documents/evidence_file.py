"""The evidence of a dispute as a readable A4 file."""

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from app.documents.pdf_file import latin
from app.domain.evidence import Evidence


def evidence_pdf(evidence: Evidence) -> bytes:
    page = FPDF(format="A4")
    page.set_auto_page_break(True, margin=20)
    page.set_title("Evidence")
    page.set_creator("Voltgraph")
    page.add_page()
    for title, lines in evidence.sections:
        page.set_font("Helvetica", "B", 11)
        page.multi_cell(0, 7, latin(title), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        page.set_font("Helvetica", size=8)
        for line in lines:
            page.multi_cell(0, 4, latin(line), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        page.ln(2)
    return bytes(page.output())
