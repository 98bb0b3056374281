"""Values frozen for a paper, the documents made from them, and how any of them came about."""
