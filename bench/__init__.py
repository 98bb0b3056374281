"""What is fast, against what: `python -m bench`. Each bench compares two ways of doing the same work in one run."""
