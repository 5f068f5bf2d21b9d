"""How chargers speak: OCPP 1.6J, 2.0.1 and 2.1 over WebSocket, ending at the core's own events and answers."""
