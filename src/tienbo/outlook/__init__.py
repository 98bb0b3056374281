"""Forecast and plan of women's representation: ages of the law, the election urn, lists, the pipeline, trends.

Counts only: nobody is named, stored or scored here. Functions return their parts, bounds, method and assumptions, so
that a page and an annex can say all of them.
"""
