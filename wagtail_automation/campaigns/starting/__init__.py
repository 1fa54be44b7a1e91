"""What starts a campaign by itself: lists, dates, the calendar, published pages – found by the beat."""
