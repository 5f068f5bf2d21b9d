"""The only SQL. One module a noun; a table row never leaves this package."""
