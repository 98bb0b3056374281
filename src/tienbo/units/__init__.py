"""Units in time: identity, names, codes, placement, who may act on them; the one door `access_unit`."""
