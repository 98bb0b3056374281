"""A form as a workbook and back: handed out by `workbook_write`, taken in by `workbook_read`."""

from tienbo.papers.workbook.reading import Reading, workbook_read
from tienbo.papers.workbook.subject import UnitHeader
from tienbo.papers.workbook.writing import workbook_write

__all__ = ["Reading", "UnitHeader", "workbook_read", "workbook_write"]
