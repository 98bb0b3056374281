"""What is measured: elements, indicators, targets, forms and report outlines, kept as data in a pack."""
