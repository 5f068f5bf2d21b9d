"""What the core needs from its doors, and offers them, as Protocols."""
