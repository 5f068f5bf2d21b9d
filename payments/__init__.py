"""How money moves: a payment provider behind `app.ports.cashier`, its messages, and a simulated one for the demo."""
