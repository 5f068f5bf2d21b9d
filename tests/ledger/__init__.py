"""The books, reconciliation, and what corrects them."""
