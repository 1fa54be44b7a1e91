"""How the pictures of the example site were made."""
