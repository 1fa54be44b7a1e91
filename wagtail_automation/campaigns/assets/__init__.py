"""Assets in emails: the block with the signed link of the person who gets it."""
