// The server audit of npm's `graphql-http` (GraphQL over HTTP): every MUST and SHOULD holds, and what
// the specification leaves open is listed.
//
//     NODE_PATH=FOLDER/node_modules node audit.cjs http://127.0.0.1:8000/graphql

const { auditServer } = require("graphql-http");

async function main() {
  const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
  // One audit tells "MAY" from "MAY NOT" by the next word.
  const level = ({ name }) => name.match(/^(MUST|SHOULD|MAY)\b/)?.[1] ?? "other";
  const count = (wanted, status) => results.filter((one) => level(one) === wanted && one.status === status).length;
  for (const wanted of ["MUST", "SHOULD", "MAY"]) {
    console.log(`${wanted}: ${count(wanted, "ok")} hold, ${count(wanted, "notice")} are done another way`);
  }
  for (const one of results.filter((one) => one.status === "notice" || one.status === "warn")) {
    console.log(`  ${one.status} ${one.id} ${one.name}: ${one.reason}`);
  }
  const missed = results.filter((one) => one.status !== "ok" && level(one) !== "MAY");
  for (const one of missed) {
    const body = await one.response?.clone().text().catch(() => "");
    console.error(`  missed ${one.id} ${one.name}: ${one.reason} ${one.response?.status ?? ""} ${body ?? ""}`);
  }
  // An audit that asks nothing finds nothing.
  if (count("MUST", "ok") < 10 || count("SHOULD", "ok") < 20 || missed.length) process.exit(1);
}

main();
