// Runs a program from the WebAssembly module with all programs (`live/src/page.rs` is the other side). Nothing here knows about the
// page, so that Node can run the programs with the same code.
"use strict";

(() => {
    /// The exit status of a Rust program that panicked; a module panics by a trap.
    const PANICKED = 101;

    /// The longest delay of `setTimeout`, in milliseconds.
    const LONGEST = 2 ** 31 - 1;

    /// The clock of the page, in seconds.
    const wall = {
        now: () => performance.now() / 1000,
        wait: (seconds, signal) => new Promise((resolve) => {
            // A program may wait for ever, until the signal.
            const timer = seconds < Infinity ? setTimeout(resolve, Math.min(seconds * 1000, LONGEST)) : undefined;
            signal?.addEventListener("abort", () => {
                clearTimeout(timer);
                resolve();
            }, { once: true });
        }),
    };

    /**
     * Runs a program in a fresh instance, on the virtual clock at once, or in real time, and resolves to its exit status, or to
     * null if `signal` ended it before that. `order` is the token of a schedule; without one, tasks run in the order of asyncio.
     *
     * @param {WebAssembly.Module} module
     * @param {{ program: string, seed?: number, order?: string, args?: string[], real?: boolean, write: (stream: "stdout" | "stderr",
     *     text: string) => void, signal?: AbortSignal, clock?: typeof wall }} options
     */
    async function run(module, { program, seed = 1, order = "", args = [], real = false, write, signal, clock = wall }) {
        const streams = {
            1: { name: "stdout", decoder: new TextDecoder() },
            2: { name: "stderr", decoder: new TextDecoder() },
        };
        const imports = {
            now: () => clock.now(),
            today: () => Date.now() / 1000,
            write(stream, at, length) {
                const { name, decoder } = streams[stream];
                const bytes = new Uint8Array(exports.memory.buffer, at, length);
                write(name, decoder.decode(bytes, { stream: true }));
            },
        };
        const { exports } = await WebAssembly.instantiate(module, { page: imports });
        const input = new TextEncoder().encode([program, seed, order, ...args].join("\n"));
        const at = exports.input(input.length);
        // Read after the call, which may have moved the memory.
        new Uint8Array(exports.memory.buffer, at, input.length).set(input);
        try {
            return real ? await host(exports, clock, signal) : exports.run();
        } catch (error) {
            if (error instanceof WebAssembly.RuntimeError) {
                return PANICKED;
            }
            throw error;
        }
    }

    /// Drives the loop of a program: calls it when it has something to do.
    async function host(exports, clock, signal) {
        for (let wait = exports.host(); wait >= 0; wait = exports.step()) {
            await clock.wait(wait, signal);
            if (signal?.aborted) {
                return null;
            }
        }
        return exports.status();
    }

    globalThis.asyncioEngine = { run };
})();
