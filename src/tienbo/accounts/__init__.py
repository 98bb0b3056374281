"""People who sign in, and who is acting."""
