"""One self-contained interactive file that shows an explained search: frames in, a page out.

`data.py` turns frames into plain data, `words.py` numbers and facts into text, `tables.py` and
`page.py` both into HTML; `sentences.py` makes the summary. Nothing is computed for the report that is
not in a frame.
"""

from skhypershap.report.answer import Answer, Judgement, More, Other, Row
from skhypershap.report.data import Findings, report_data
from skhypershap.report.report import Report
from skhypershap.report.sentences import sentences
from skhypershap.report.summary import Summary

__all__ = [
    "Answer",
    "Findings",
    "Judgement",
    "More",
    "Other",
    "Report",
    "Row",
    "Summary",
    "report_data",
    "sentences",
]
