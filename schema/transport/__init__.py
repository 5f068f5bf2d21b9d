"""How requests reach the schema: GraphQL over HTTP, graphql-transport-ws, and graphql-sse."""
