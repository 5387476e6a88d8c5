// Tabs where a program and its twin do not fit side by side, a button that copies the whole file of a program, one that checks
// the answer to a question, and the link to the other language.
"use strict";

(() => {
    const waiting = new Map();

    // Called by the scripts in sources/, each of which holds one file.
    window.programSource = (path, text) => {
        waiting.get(path)?.(text);
        waiting.delete(path);
    };

    /// The text of a file of the examples.
    function source(path) {
        return new Promise((resolve, reject) => {
            const script = document.createElement("script");
            script.src = shared(`sources/${path}.js`);
            script.onerror = () => reject(new Error(`no source of ${path}`));
            waiting.set(path, resolve);
            document.head.append(script);
            script.onload = () => script.remove();
        });
    }

    window.programText = source;

    async function copy(text) {
        if (navigator.clipboard) {
            return navigator.clipboard.writeText(text);
        }
        const field = document.createElement("textarea");
        field.value = text;
        document.body.append(field);
        field.select();
        document.execCommand("copy");
        field.remove();
    }

    function button(words, title) {
        const made = document.createElement("button");
        made.type = "button";
        made.textContent = words;
        made.title = title;
        return made;
    }

    for (const tools of document.querySelectorAll(".tools[data-source]")) {
        const path = tools.dataset.source;
        if (!path.startsWith("examples/")) {
            continue;
        }
        const whole = button(say("Copy file"), say("Copy the whole of {path}", { path }));
        whole.addEventListener("click", async () => {
            try {
                await copy(await source(path));
                whole.textContent = say("Copied");
            } catch {
                whole.textContent = say("Not copied");
            }
            setTimeout(() => { whole.textContent = say("Copy file"); }, 2000);
        });
        tools.append(whole);
    }

    window.programTabs = (twins) => {
        const tabs = document.createElement("div");
        tabs.className = "tabs";
        tabs.setAttribute("role", "group");
        tabs.setAttribute("aria-label", say("Language of the program"));
        const languages = [["rust", "Rust"], ["python", "Python"]];
        const buttons = languages.map(([name, words]) => {
            const made = button(words, say("Show the program in {language}", { language: words }));
            made.addEventListener("click", () => show(name));
            return made;
        });
        function show(name) {
            twins.dataset.shown = name;
            buttons.forEach((made, i) => made.setAttribute("aria-pressed", String(languages[i][0] === name)));
        }
        show("rust");
        tabs.append(...buttons);
        twins.prepend(tabs);
    };
    document.querySelectorAll(".twins").forEach(window.programTabs);

    for (const question of document.querySelectorAll(".question")) {
        const inputs = [...question.querySelectorAll("input[type=radio]")];
        const verdict = document.createElement("div");
        verdict.className = "verdict";
        // Screen readers read it when it changes.
        verdict.setAttribute("role", "status");

        function clear() {
            verdict.replaceChildren();
            inputs.forEach((input) => { delete input.parentElement.dataset.verdict; });
        }

        function judge() {
            clear();
            const chosen = inputs.find((input) => input.checked);
            if (!chosen) {
                const words = document.createElement("p");
                words.textContent = say("Choose an answer first.");
                verdict.append(words);
                return;
            }
            chosen.parentElement.dataset.verdict = "right" in chosen.dataset ? "right" : "wrong";
            verdict.append(question.querySelector(`.answer .why[data-choice="${chosen.value}"]`).cloneNode(true));
        }

        const check = button(say("Check"), say("Check the chosen answer"));
        check.className = "check";
        check.addEventListener("click", judge);
        for (const input of inputs) {
            input.addEventListener("change", clear);
            input.addEventListener("keydown", (event) => {
                if (event.key === "Enter") {
                    judge();
                }
            });
        }
        question.querySelector("fieldset").append(check, verdict);
    }

    // Links to the same place of the page in the other language.
    for (const edition of document.querySelectorAll("a.edition")) {
        edition.addEventListener("click", () => { edition.hash = location.hash; });
    }
})();
