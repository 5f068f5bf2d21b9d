"""Bills, taxes and documents."""
