"""Acts that touch several rooms: handing out workbooks, auditing the whole site."""
