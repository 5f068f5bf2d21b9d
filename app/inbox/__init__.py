"""Where station events are decided: once, in order, durably, then answered."""
