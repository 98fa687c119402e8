"""What the log says about everybody: today, the funnel."""
