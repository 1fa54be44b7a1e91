"""Blocks that show products: for pages (``blocks``, needs content) and for emails (``email_blocks``, needs
messaging)."""
