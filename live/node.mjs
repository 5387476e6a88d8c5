// Runs programs of the module under Node: takes a list of runs as JSON, `{ program, seed, args, real }`, and answers with a list of
// `{ stdout, stderr, status }`. Real time is simulated by a clock that needs no waiting: the loop cannot tell, and a slow machine
// makes no difference.
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

const [modulePath, enginePath] = process.argv.slice(2);
runInThisContext(readFileSync(enginePath, "utf8"), { filename: enginePath });
const module = await WebAssembly.compile(readFileSync(modulePath));
const runs = JSON.parse(readFileSync(0, "utf8"));

/// A microsecond passes with each reading, so that a program that reads the clock until time has passed ends.
function quickClock() {
    let now = 0;
    return {
        now: () => (now += 1e-6),
        async wait(seconds) {
            if (seconds === Infinity) {
                throw new Error("the program waits for ever");
            }
            now += seconds;
        },
    };
}

async function run(options) {
    const printed = { stdout: "", stderr: "" };
    const write = (stream, text) => { printed[stream] += text; };
    const status = await globalThis.asyncioEngine.run(module, { ...options, write, clock: quickClock() });
    return { ...printed, status };
}

process.stdout.write(JSON.stringify(await Promise.all(runs.map(run))));
