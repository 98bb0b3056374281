"""An identity provider of the office's (OpenID Connect), of which nothing is kept but who it says somebody is."""
