"""Assets: documents, pictures and videos behind a form or a signed link, counted for each person."""
