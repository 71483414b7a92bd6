// Whether a document is valid OpenAPI and fit for generators: node check.mjs FILE. Prints what is wrong with it.
import { createConfig, lint } from "@redocly/openapi-core";

const config = await createConfig({
  extends: ["recommended-strict"],
  rules: {
    "no-invalid-media-type-examples": "error",
    "no-invalid-parameter-examples": "error",
    "no-invalid-schema-examples": "error",
    "operation-description": "error",
    "parameter-description": "error",
    "tag-description": "error",
  },
});
const problems = await lint({ ref: process.argv[2], config });
for (const problem of problems) {
  console.log(`${problem.ruleId}: ${problem.message} (${problem.location[0]?.pointer})`);
}
process.exitCode = problems.length === 0 ? 0 : 1;
