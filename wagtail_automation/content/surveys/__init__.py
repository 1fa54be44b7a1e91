"""Surveys: NPS, satisfaction, stars, scales and open questions, on pages and by one click in an email."""
