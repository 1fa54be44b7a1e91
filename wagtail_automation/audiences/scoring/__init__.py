"""Points: score groups, score sets, decay, thresholds, and the history that says why."""
