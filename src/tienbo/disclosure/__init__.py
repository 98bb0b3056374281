"""What may leave: tables with relations, what in them is small, what is hidden with it, and the attacker who tries.

Counts of violence and of planning leave the statutory line only through here. No Django: a table goes in, a plan of
what is printed comes out, and a table that cannot be made safe is withheld.
"""
