"""What became of one email: numbers, a picture with the clicks on it, and the people."""
