// Standard-JSON on stdin through the npm package of a solc of any age: node compile.cjs <package> <root>
// Sources are named by their path below <root> and read here, imports too.
"use strict";
const fs = require("fs"), path = require("path");
const [package_, root] = process.argv.slice(2);
const events = ["uncaughtException", "unhandledRejection"];
const kept = events.map((event) => process.listeners(event));
const solc = require(path.join(root, "node_modules", package_));
events.forEach((event, i) => {                          // emscripten installs ones that hide stack traces
  process.removeAllListeners(event);
  kept[i].forEach((listener) => process.on(event, listener));
});

const read = (name) => {
  const file = path.join(root, name);
  return fs.existsSync(file) ? { contents: fs.readFileSync(file, "utf8") } : { error: `File not found: ${name}` };
};
const input = JSON.parse(fs.readFileSync(0, "utf8"));
for (const name of Object.keys(input.sources)) input.sources[name] = { content: read(name).contents ?? "" };
process.stdout.write(solc.compile(JSON.stringify(input), { import: read }));
