"""How many people were in each segment and on each list, day by day."""
