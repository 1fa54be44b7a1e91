"""Who belongs together: lists kept by hand, segments kept by a rule, scores."""
