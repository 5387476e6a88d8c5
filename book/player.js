// A player for each program whose steps are recorded in both languages. It shows the program and its twin side by side, the current
// lines of their tasks, the queue, the timers and the output, step by step. Its data is made when the book is built
// (`xtask/book/src/book/players.rs`), and loaded on demand.
"use strict";

(() => {
    /// How long each event is shown while the program plays, at least and at most, in milliseconds.
    const BEAT = 500;
    const LONGEST = 5000;

    const given = new Map();

    // Called by the scripts in steps/, each of which holds one program.
    window.asyncioSteps = (name, data) => {
        given.get(name)?.(data);
        given.delete(name);
    };

    function load(name) {
        return new Promise((resolve, reject) => {
            given.set(name, resolve);
            const script = document.createElement("script");
            script.src = `${path_to_root}steps/${name}.js`;
            script.onload = () => script.remove();
            script.onerror = () => reject(new Error(say("its steps cannot be loaded")));
            document.head.append(script);
        });
    }

    function element(name, properties = {}, ...children) {
        const { role, label, ...others } = properties;
        const made = Object.assign(document.createElement(name), others);
        if (role) {
            made.setAttribute("role", role);
        }
        if (label) {
            made.setAttribute("aria-label", label);
        }
        made.append(...children);
        return made;
    }

    function button(words, label) {
        return element("button", { type: "button", textContent: words, label, title: label });
    }

    const isWide = (scrolled) => scrolled.scrollWidth > scrolled.clientWidth;

    /// The state after each frame: a frame only says what has changed.
    function unfold({ frames }) {
        let tasks = new Map(), output = "";
        return frames.map((frame) => {
            if (frame.s) {
                tasks = new Map(tasks);
                for (const [task, state, words, rust, python] of frame.s) {
                    tasks.set(task, { state, words, lines: [rust, python] });
                }
            }
            output += frame.p ?? "";
            return { ...frame, tasks, output };
        });
    }

    /// One of the two programs: `mark` highlights the current lines of tasks.
    function code(language, path, first, text) {
        const numbers = [], lines = [];
        text.trimEnd().split("\n").forEach((line, index) => {
            if (index + 1 >= first && !/^\s*(\/\/|#) ANCHOR/.test(line)) {
                numbers.push(index + 1);
                lines.push(line);
            }
        });
        const words = element("code", { className: `language-${language}`, textContent: lines.join("\n") });
        const marks = element("div", { className: "marks" });
        marks.ariaHidden = "true";
        const column = element("div", { className: "numbers", textContent: numbers.join("\n") });
        column.ariaHidden = "true";
        const name = language === "rust" ? "Rust" : "Python";
        const paper = element("pre", { label: say("The lines in {language}, which scroll sideways", { language: name }), role: "group" }, words);
        const sheet = element("div", { className: "sheet hljs" }, marks, column, paper);
        const pane = element("div", { className: "pane", tabIndex: 0, role: "region", label: say("The program in {language}", { language: name }) }, sheet);
        const caption = element("div", { className: "caption" },
            element("span", { className: "language", textContent: name }),
            element("span", { className: "file", textContent: path.split("/").pop() }));
        window.hljs?.highlightBlock(words);

        // The widths of lines in letters. A Chinese letter is as wide as two.
        const widths = lines.map((line) => [...line].reduce((sum, letter) => sum + (letter > "\u2e7f" ? 2 : 1), 0));

        const widest = Math.max(...widths, 1);
        let letter = 0, visible = 0;

        /// Names take the room that their lines leave, and never less than a letter or two.
        function fit() {
            for (const band of marks.children) {
                const room = visible - widths[band.style.getPropertyValue("--row")] * letter;
                band.firstChild.style.setProperty("--room", `${Math.max(room, 0)}px`);
            }
        }

        // Kept, because asking for a size in each step is slow.
        function measure() {
            letter = (words.offsetWidth - parseFloat(getComputedStyle(words).paddingInlineEnd)) / widest;
            visible = paper.clientWidth + paper.scrollLeft;
            // The keys scroll it if there is something to scroll.
            paper.tabIndex = isWide(paper) ? 0 : -1;
            fit();
        }
        new ResizeObserver(measure).observe(paper);
        paper.addEventListener("scroll", measure);

        function mark(standing, current) {
            marks.replaceChildren();
            for (const [line, tasks] of standing) {
                const row = numbers.indexOf(line);
                if (row < 0) {
                    continue;
                }
                const is = tasks.some(({ index }) => index === current);
                const states = new Set(tasks.map(({ state }) => state));
                const band = element("div", { className: is ? "current" : states.has("ready") ? "ready" : "waits" });
                band.style.setProperty("--row", row);
                const names = tasks.map(({ name }) => name);
                const more = names.length > 3 ? ` +${names.length - 2}` : "";
                band.append(element("span", { textContent: (more ? names.slice(0, 2) : names).join(", ") + more }));
                marks.append(band);
                if (is) {
                    const top = sheet.firstChild.offsetTop + band.offsetTop;
                    if (top < pane.scrollTop + 20 || top > pane.scrollTop + pane.clientHeight - 60) {
                        pane.scrollTop = top - pane.clientHeight / 2;
                    }
                }
            }
            fit();
        }
        return { side: element("div", { className: `side in-${language}` }, caption, pane), mark };
    }

    const seconds = (time) => `${Math.round(time * 1e4) / 1e4} s`;

    function make(name, data, sources) {
        const frames = unfold(data);
        const last = frames.length - 1;
        let at = 0, playing;

        const first = button("|◀", say("First step")), back = button("◀", say("One step back"));
        const next = button("▶", say("One step forward")), end = button("▶|", say("Last step"));
        const play = button(say("Play"), say("Play, each step for half a second or for as long as the program waits"));
        const slider = element("input", { type: "range", min: 0, max: last, value: 0, label: say("Step") });
        const place = element("output");
        const jump = element("select", { label: say("Jump to an event") });
        jump.append(...frames.map(({ w }, index) => element("option", { value: index, textContent: `${index}: ${w}` })));
        const bar = element("div", { className: "controls", role: "toolbar", label: say("Steps") },
            first, back, next, end, play, slider, place, jump);
        const words = element("p", { className: "happened" });
        words.ariaLive = "polite";
        const programs = ["rust", "python"].map((language, i) => code(language, ...data[language], sources[i]));
        const twins = element("div", { className: "program twins" }, ...programs.map(({ side }) => side));
        window.programTabs(twins);
        const list = (title, className) => {
            const body = element("ul", { className, tabIndex: 0, label: title });
            return { body, box: element("div", {}, element("h4", { textContent: title }), body) };
        };
        const tasks = list(say("Tasks"), "tasks"), queue = list(say("Ready queue"), "queue"), timers = list(say("Timers"), "timers");
        const paper = element("pre", { tabIndex: 0, label: say("The output so far"), role: "region" }, element("code"));
        const panels = element("div", { className: "panels" }, tasks.box,
            element("div", {}, ...queue.box.childNodes, ...timers.box.childNodes),
            element("div", {}, element("h4", { textContent: say("Output") }), paper));
        const stage = element("section", { className: "stage", role: "group", tabIndex: -1, label: say("{program}, step by step", { program: name }) },
            ...(data.note ? [element("p", { className: "note", textContent: data.note })] : []), bar, words, twins, panels);

        const title = (task) => data.tasks[task][0];

        function show(index) {
            at = Math.min(Math.max(index, 0), last);
            const frame = frames[at];
            words.textContent = frame.w;
            place.textContent = say("{step} of {last}, at {time}", { step: at, last, time: seconds(frame.t) });
            slider.value = at;
            slider.setAttribute("aria-valuetext", place.textContent);
            jump.selectedIndex = at;
            first.disabled = back.disabled = at === 0;
            next.disabled = end.disabled = at === last;
            programs.forEach(({ mark }, language) => {
                const standing = new Map();
                for (const [task, { state, lines }] of frame.tasks) {
                    if (lines[language]) {
                        const there = standing.get(lines[language]) ?? [];
                        there.push({ index: task, name: title(task), state });
                        standing.set(lines[language], there);
                    }
                }
                mark(standing, frame.r);
            });
            tasks.body.replaceChildren(...[...frame.tasks].sort(([a], [b]) => a - b).map(([task, { state, words: what, lines }]) => {
                const now = state === "waits" ? say("waits for {thing}", { thing: what }) : state === "ready" ? say("ready") : what;
                const where = lines[0] ? say(", lines {rust} and {python}", { rust: lines[0], python: lines[1] }) : "";
                const row = element("li", { className: state },
                    element("b", { textContent: title(task) }), ` ${data.tasks[task][1]}: ${now}${where}`);
                if (lines[0]) {
                    row.dataset.line = lines[0];
                }
                if (task === frame.r) {
                    row.ariaCurrent = "step";
                }
                return row;
            }));
            const items = (texts) => texts.length
                ? texts.map((text) => element("li", { textContent: text }))
                : [element("li", { className: "none", textContent: say("none") })];
            queue.body.replaceChildren(...items(frame.q.map(title)));
            const due = new Map();
            for (const timer of frame.d.map(([what, when]) => say("{timer}, due at {time}", { timer: what, time: seconds(when) }))) {
                due.set(timer, (due.get(timer) ?? 0) + 1);
            }
            timers.body.replaceChildren(...items([...due].map(([timer, count]) => count > 1 ? `${count} × ${timer}` : timer)));
            const old = frame.output.slice(0, frame.output.length - (frame.p ?? "").length);
            paper.firstChild.replaceChildren(old, element("b", { textContent: frame.p ?? "" }));
            paper.scrollTop = paper.scrollHeight;
        }

        function pause() {
            playing?.abort();
            playing = undefined;
            play.textContent = say("Play");
            // Announced only while paused: nobody could listen at the speed of playing.
            words.ariaLive = "polite";
        }

        async function start() {
            if (at === last) {
                show(0);
            }
            const mine = playing = new AbortController();
            play.textContent = say("Pause");
            words.ariaLive = "off";
            while (at < last) {
                const time = (frames[at + 1].t - frames[at].t) * 1000;
                await new Promise((resolve) => {
                    const timer = setTimeout(resolve, Math.max(BEAT, Math.min(time, LONGEST)));
                    mine.signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
                });
                if (mine.signal.aborted) {
                    return;
                }
                show(at + 1);
            }
            pause();
        }

        function go(index) {
            pause();
            show(index);
        }

        first.addEventListener("click", () => go(0));
        back.addEventListener("click", () => go(at - 1));
        next.addEventListener("click", () => go(at + 1));
        end.addEventListener("click", () => go(last));
        play.addEventListener("click", () => playing ? pause() : start());
        slider.addEventListener("input", () => go(slider.valueAsNumber));
        jump.addEventListener("change", () => go(jump.selectedIndex));
        const keys = {
            ArrowLeft: () => go(at - 1),
            ArrowRight: () => go(at + 1),
            Home: () => go(0),
            End: () => go(last),
            " ": () => playing ? pause() : start(),
        };
        stage.addEventListener("keydown", (event) => {
            const act = keys[event.key];
            if (!act || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
                return;
            }
            // The book uses the same keys to turn pages.
            event.stopPropagation();
            const isButton = event.target.closest("button") && event.key === " ";
            // The arrows scroll lines that are wider than their pane.
            const scrolls = event.key.startsWith("Arrow") && event.target.matches(".sheet pre") && isWide(event.target);
            if (!isButton && !scrolls && event.target !== jump) {
                event.preventDefault();
                act();
                // A button that is disabled loses the focus, and with it the keys.
                if (document.activeElement?.disabled || document.activeElement === document.body) {
                    stage.focus();
                }
            }
        });
        return { stage, show, pause };
    }

    function equip(place) {
        const name = place.dataset.steps;
        const open = element("button", { type: "button", className: "step-through", textContent: say("Step through"), title: say("Step through {program} in Rust and Python", { program: name }) });
        open.ariaExpanded = "false";
        const live = place.previousElementSibling?.matches(".live") ? place.previousElementSibling : undefined;
        const controls = live?.querySelector(".controls");
        const trouble = element("p", { role: "status" });
        if (controls) {
            // Placed next to Run.
            controls.querySelector("button").after(open);
            place.append(trouble);
        } else {
            place.append(open, trouble);
        }
        let player, loading;
        open.addEventListener("click", async () => {
            if (player) {
                player.pause();
                player.stage.hidden = !player.stage.hidden;
                open.ariaExpanded = String(!player.stage.hidden);
                if (!player.stage.hidden) {
                    player.stage.focus();
                }
                return;
            }
            if (loading) {
                return;
            }
            loading = true;
            try {
                const data = await load(name);
                const sources = await Promise.all([data.rust[0], data.python[0]].map(window.programText));
                player = make(name, data, sources);
                place.append(player.stage);
                player.show(0);
                open.ariaExpanded = "true";
                player.stage.focus();
            } catch (error) {
                trouble.textContent = say("It cannot be shown: {reason}.", { reason: error.message });
            }
            loading = false;
        });
    }

    document.querySelectorAll(".player[data-steps]").forEach(equip);
})();
