"""Running a public conformance suite of OCPP against a whole Voltgraph.

``adapter`` answers the suite's triggers with GraphQL mutations and nothing else; ``installation`` sets up what the suite
asks for; ``run`` drives the suite and writes ``docs/conformance.md``.
"""
