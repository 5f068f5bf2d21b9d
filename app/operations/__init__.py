"""What a person may do: keyword-only functions, `Scope` first; each mutation is exactly one transaction."""
