"""Facts in, values out: the only room that speaks to a query engine."""
