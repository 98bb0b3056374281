"""What can be wrong with a workbook, in sentences that say what to do about it."""

from __future__ import annotations

from tienbo.core.faults import worded
from tienbo.core.messages import N_

worded(
    {
        # the file
        "workbook.not_a_workbook": N_(
            "This is not a spreadsheet (xlsx, xls or ods). Send the form that was handed out."
        ),
        "workbook.empty": N_("The file is empty: it was not copied or saved whole. Save it and send it again."),
        "workbook.protected": N_("The file is locked with a password. Remove the password, save it and send it again."),
        "workbook.macros": N_("The file contains macros. Save it as “Excel Workbook (.xlsx)” and send it again."),
        "workbook.external_links": N_(
            "The file takes figures from other files. Replace these formulas by their values and send it again."
        ),
        "workbook.zip_bomb": N_("The file unpacks to far more than a form holds, so it was not opened."),
        "workbook.too_large": N_(
            "The file is too large ({size} MB, at most {limit} MB). Remove pictures and sheets that are not part of it."
        ),
        "workbook.too_many_rows": N_(
            "A sheet reaches beyond row {limit}. Delete the empty rows and columns around the form and send it again."
        ),
        "workbook.too_heavy": N_(
            "To read the file took more memory or time than a form takes, so it was not read. Take the form again and "
            "copy the figures into it."
        ),
        "workbook.unreadable": N_("The file is damaged and cannot be read. Open it, save it as xlsx, send it again."),
        # what it is for
        "workbook.not_ours": N_(
            "This is not a form handed out by the system. Take the form of the period and enter into it."
        ),
        "workbook.older_layout": N_("The form was handed out by another version of the system. Take the form again."),
        "workbook.seal_broken": N_(
            "The hidden keys of the form were changed. Take the form again and copy the figures into it."
        ),
        "workbook.unknown_edition": N_(
            "The form belongs to a set of definitions that is not used here. Take the form again."
        ),
        "workbook.other_unit": N_("The form is that of {got}, but {expected} was expected."),
        "workbook.other_period": N_("The form is for {got}, but {expected} was expected."),
        # its sheets, rows and columns
        "workbook.sheet_missing": N_(
            "The sheet “{sheet}” is missing. Take the form again and copy the figures into it."
        ),
        "workbook.sheet_twice": N_("This is a copy of the sheet “{first}”. Delete one of the two."),
        "workbook.row_missing": N_("The row “{label}” is missing. Take the form again and copy the figures into it."),
        "workbook.row_twice": N_("The row “{label}” is here twice. Delete the copy."),
        "workbook.column_missing": N_(
            "A column of the form is missing. Take the form again and copy the figures into it."
        ),
        "workbook.column_twice": N_("A column of the form is here twice. Delete the copy."),
        "workbook.unknown_key": N_("The hidden key of this row or column was changed (“{key}”). Take the form again."),
        "workbook.merged_cells": N_(
            "Cells to fill were merged into one ({range}). Unmerge them and enter each figure."
        ),
        "workbook.outside_form": N_(
            "“{text}” stands in a row or column that is not part of the form and would be lost. Move it into the form."
        ),
        "workbook.beside_form": N_("“{text}” stands to the right of the form, where nothing is read."),
        "workbook.not_asked_here": N_("“{text}” stands in a cell that is not to be filled in. Clear it."),
        # its cells
        "workbook.not_a_number": N_("{label}: “{text}” is not a number. Enter digits only, 0 if there was none."),
        "workbook.number_ambiguous": N_(
            "{label}: “{text}” can be read as {first} or as {second}. Enter the number without dots and commas for "
            "thousands."
        ),
        "workbook.number_out_of_range": N_("{label}: {text} is larger than any figure the form takes."),
        "workbook.too_many_decimals": N_("{label}: {text} has too many decimals. Round it to at most four."),
        "workbook.not_yes_or_no": N_("{label}: “{text}” is neither Có (yes) nor Không (no)."),
        "workbook.not_a_qualifier": N_("{label}: “{text}” is not in the list. Choose “ước”, “trên” or leave it blank."),
        "workbook.not_a_statement": N_(
            "“{block}”: “{text}” is not in the list. Choose from the list or leave it blank."
        ),
        "workbook.not_a_date": N_("“{text}” is not a day. Enter it as day/month/year, such as 14/6/2026."),
        "workbook.error_cell": N_("{label}: the cell shows an error. Enter the number itself."),
        "workbook.formula_without_value": N_(
            "{label}: the formula has no result. Open the file, let it calculate, save it; or enter the number itself."
        ),
        "workbook.text_too_long": N_("{label}: the text is longer than a cell can hold ({limit} characters)."),
        "workbook.row_without_figures": N_(
            "“{name}” has no figures and was not counted. Enter its figures, 0 if there was none, or clear the name."
        ),
    }
)
