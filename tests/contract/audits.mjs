// Runs the published audit suite of GraphQL over HTTP against a URL and prints one JSON line a case.
import { auditServer } from "graphql-http";
for (const result of await auditServer({ url: process.argv[2] })) {
  console.log(JSON.stringify({ id: result.id, name: result.name, status: result.status, reason: result.reason ?? null }));
}
