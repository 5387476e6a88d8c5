// Runs `interpreter.py` on Pyodide, which is CPython as WebAssembly: `node pyodide.mjs FOLDER [--show]`.
//
// FOLDER is where Node begins to look for the npm package `pyodide`; the package has all of CPython in it, so nothing is
// fetched. With --about it is not run; its place, its version, that of its CPython and that of Node are printed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";

const [folder, ...options] = process.argv.slice(2);
const require = createRequire(resolve(folder, "from here"));
if (options.includes("--about")) {
  about();
} else {
  await run();
}

function about() {
  let manifest;
  try {
    manifest = require.resolve("pyodide/package.json");
  } catch {
    process.exitCode = 1;
    return;
  }
  const { version } = require("pyodide/package.json");
  const { info } = require("pyodide/pyodide-lock.json");
  console.log([dirname(manifest), version, info.python, process.version].join("\n"));
}

async function run() {
  const pyodide = await require("pyodide").loadPyodide();
  for (const name of ["translate.py", "interpreter.py"]) {
    pyodide.FS.writeFile(name, readFileSync(new URL(name, import.meta.url)));
  }
  pyodide.globals.set("options", pyodide.toPy(options));
  try {
    // Pyodide has a loop of its own, which runs always: the programs bring theirs.
    pyodide.runPython(`
import asyncio, runpy, sys
asyncio._set_running_loop(None)
sys.argv = ["interpreter.py", *options]
sys.path.insert(0, "")
runpy.run_path("interpreter.py", run_name="__main__")
`);
  } catch (error) {
    // The error itself shows a line of Pyodide's that is a million characters long.
    console.error(error.message);
    process.exitCode = 1;
  }
}
