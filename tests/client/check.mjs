// Whether a document is valid OpenAPI and fit for generators: node check.mjs FILE. Prints what is wrong with it.
import { readFileSync } from "node:fs";
import { createConfig, lint } from "@redocly/openapi-core";
import spectral from "@stoplight/spectral-core";
import { oas } from "@stoplight/spectral-rulesets";

async function checkWithRedocly(file) {
  const config = await createConfig({
    extends: ["recommended-strict"],
    rules: {
      "no-invalid-media-type-examples": "error",
      "no-invalid-parameter-examples": "error",
      "no-invalid-schema-examples": "error",
      "no-required-schema-properties-undefined": "error",
      "operation-description": "error",
      "parameter-description": "error",
      "tag-description": "error",
    },
  });
  const problems = await lint({ ref: file, config });
  return problems.map(({ ruleId, message, location }) => `redocly ${ruleId}: ${message} (${location[0]?.pointer})`);
}

async function checkWithSpectral(file) {
  const linter = new spectral.Spectral();
  linter.setRuleset({ extends: [oas] });
  const problems = await linter.run(readFileSync(file, "utf8"));
  return problems.map(({ code, message, path }) => `spectral ${code}: ${message} (${path.join("/")})`);
}

const file = process.argv[2];
const problems = [...(await checkWithRedocly(file)), ...(await checkWithSpectral(file))];
for (const problem of problems) console.log(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
