"""One activity of one's own: queue a printed letter for everybody who reaches the step."""
