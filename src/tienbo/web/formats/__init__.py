"""How numbers and days are written: Django's own Vietnamese formats read 05/6/2026 as 6 May."""
