"""The use cases of OCPP 2.0.1 part 2, told to a whole installation from the station's side of the socket."""
