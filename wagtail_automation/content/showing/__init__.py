"""What people were shown of personal parts and promos, and what they did then."""
