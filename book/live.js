// A Run button for each program that runs in a page. The book builder says where one belongs (`xtask/book/src/book/live.rs`); the
// module with all programs is loaded at the first run.
"use strict";

(() => {
    let module;

    /// The module, in the form of a script, because a page that was opened as a file can load nothing else.
    function load() {
        module ??= new Promise((resolve, reject) => {
            window.asyncioPrograms = resolve;
            const script = document.createElement("script");
            script.src = shared("live/programs.js");
            script.onload = () => script.remove();
            script.onerror = () => reject(new Error(say("the programs cannot be loaded")));
            document.head.append(script);
        }).then(async (text) => {
            const packed = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
            const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
            return WebAssembly.compile(await new Response(stream).arrayBuffer());
        });
        module.catch(() => { module = undefined; });
        return module;
    }

    function element(name, properties = {}, ...children) {
        const made = Object.assign(document.createElement(name), properties);
        made.append(...children);
        return made;
    }

    /// A field with its label, which is a word before it.
    function field(words, properties) {
        const input = element("input", properties);
        return { input, label: element("label", {}, `${words} `, input) };
    }

    /// The tokens of random orders, before their seeds.
    const WALK = "1:fence:walk:";

    /// The exit status if there is no such order.
    const REFUSED = 2;

    /// Addresses depend on the memory, and thereby on the order, but say nothing about the program.
    const ADDRESSES = /0x[0-9a-f]+/g;

    /// Does a run print the same as a run in asyncio's own order?
    async function isUsual(programs, options, printed) {
        let usual = "";
        const write = (stream, text) => { usual += text; };
        await window.asyncioEngine.run(programs, { ...options, order: "", write });
        return usual.replace(ADDRESSES, "") === printed.replace(ADDRESSES, "");
    }

    /// Terminal colours, which are removed.
    const COLOURS = /\x1b\[[0-9;]*m/g;

    function equip(place) {
        const { program, args, hosted, seeded } = place.dataset;
        const start = element("button", { type: "submit", textContent: say("Run"), title: say("Run {program} in this page", { program }) });
        const stop = element("button", { type: "button", textContent: say("Stop"), hidden: true });
        const another = element("button", {
            type: "button",
            className: "another",
            textContent: say("Another order"),
            title: say("Run {program} with its steps in another order", { program }),
        });
        const form = element("form", { className: "controls" }, start, another, stop);
        const real = field(say("in real time"), { type: "checkbox" });
        const seed = field(say("seed"), { type: "number", value: 1, min: 0, max: 999999, required: true });
        const words = field(say("arguments"), { type: "text", value: args ?? "", size: 12 });
        for (const [is, { label }] of [[hosted, real], [seeded, seed], [args, words]]) {
            if (is !== undefined) {
                form.append(label);
            }
        }
        // Shown when it has a token, which can be removed, or replaced by one from a report.
        const order = field(say("order"), { type: "text", className: "token", placeholder: say("asyncio's own"), spellcheck: false });
        order.label.hidden = true;
        form.append(order.label);
        const output = element("code", { className: "hljs nohighlight" });
        const paper = element("pre", { hidden: true, tabIndex: 0 }, output);
        paper.setAttribute("role", "log");
        paper.setAttribute("aria-label", say("What {program} prints", { program }));
        const ending = element("p", { className: "ending" });
        ending.setAttribute("role", "status");
        let running;

        function write(stream, text) {
            // As text, never as HTML.
            const piece = text.replace(COLOURS, "");
            output.append(stream === "stderr" ? element("span", { className: "stderr", textContent: piece }) : piece);
        }

        another.addEventListener("click", () => {
            const last = order.input.value;
            const seed = last.startsWith(WALK) ? Number(last.slice(WALK.length)) || 0 : 0;
            order.input.value = WALK + (seed + 1);
            order.label.hidden = false;
            form.requestSubmit();
        });

        form.addEventListener("submit", async (event) => {
            event.preventDefault();
            running?.abort();
            const mine = running = new AbortController();
            output.replaceChildren();
            ending.textContent = "";
            delete place.dataset.status;
            stop.hidden = !real.input.checked;
            try {
                const programs = await load();
                if (mine.signal.aborted) {
                    return;
                }
                paper.hidden = false;
                let printed = "";
                const options = {
                    program,
                    seed: seed.input.value,
                    order: order.input.value.trim(),
                    args: words.input.value.split(/\s+/).filter(Boolean),
                    real: real.input.checked,
                    signal: mine.signal,
                };
                const status = await window.asyncioEngine.run(programs, {
                    ...options,
                    write(stream, text) {
                        printed += text;
                        // The output of a run that was abandoned for another one is not shown.
                        if (mine === running) {
                            write(stream, text);
                        }
                    },
                });
                const isCompared = options.order !== "" && !options.real && status !== REFUSED;
                const usual = isCompared ? await isUsual(programs, options, printed) : undefined;
                if (mine !== running) {
                    return;
                }
                const plain = status === null ? say("Stopped.") : say("Ended.");
                ending.textContent = status ? say("Ended with status {status}.", { status }) : plain;
                if (usual !== undefined) {
                    const words = usual ? say("In asyncio's own order it prints the same.") : say("In asyncio's own order it prints something else.");
                    ending.append(element("span", { className: "compared", textContent: words }));
                }
                place.dataset.status = String(status);
            } catch (error) {
                if (mine === running) {
                    ending.textContent = say("It cannot run: {error}.", { error: error.message });
                }
            }
            stop.hidden = true;
        });
        stop.addEventListener("click", () => {
            running?.abort();
            start.focus();
        });
        place.append(form, paper, ending);
    }

    document.querySelectorAll(".live[data-program]").forEach(equip);
})();
