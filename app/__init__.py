"""The core of Voltgraph: what is true about chargers, sessions and money, and who may know it."""
