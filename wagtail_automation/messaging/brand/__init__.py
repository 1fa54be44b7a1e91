"""How the emails of a site look and who signs them."""
