"""The example site: the bilingual shop and magazine of a small company that does not exist."""
