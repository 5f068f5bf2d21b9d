"""Does the duties and runs the sweeps: what time owes, without a station or a person asking."""
