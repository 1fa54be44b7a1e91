"""Landing pages: sections, ready designs, templates made by users, and what came of each page."""
