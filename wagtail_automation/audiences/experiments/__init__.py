"""Experiments: the only A/B arithmetic. Pages, emails and blocks bring variants; here people are divided,
counted and compared."""
