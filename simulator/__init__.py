"""A fleet of charging stations that exist only in this process, speaking real OCPP to whatever backend is named.

What it sends says that it is simulated: every station boots with the vendor "Voltgraph Simulator".
"""
