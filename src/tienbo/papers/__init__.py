"""Paper: the forms people fill in as workbooks, and the reports they sign as docx and PDF. Knows no Django."""
