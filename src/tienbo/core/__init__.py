"""The words of the domain: time, periods, units in a tree, faults, spelling. Standard library only."""
