"""The worker's side of capture: what arrived becomes touches, browsers and people, each event exactly once."""
