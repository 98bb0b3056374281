"""Personal data and incidents: what people ask about their data, what went wrong, by when each is due."""
