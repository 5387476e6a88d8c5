// Tabs where program and twin do not fit beside each other, and a button that copies the whole file of a program.
"use strict";

(() => {
    const waiting = new Map();

    // Called by the scripts in sources/, each of which holds one file.
    window.programSource = (path, text) => {
        waiting.get(path)?.(text);
        waiting.delete(path);
    };

    function source(path) {
        return new Promise((resolve, reject) => {
            const script = document.createElement("script");
            script.src = `${path_to_root}sources/${path}.js`;
            script.onerror = () => reject(new Error(`no source of ${path}`));
            waiting.set(path, resolve);
            document.head.append(script);
            script.onload = () => script.remove();
        });
    }

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
        const whole = button("Copy file", `Copy the whole of ${path}`);
        whole.addEventListener("click", async () => {
            try {
                await copy(await source(path));
                whole.textContent = "Copied";
            } catch {
                whole.textContent = "Not copied";
            }
            setTimeout(() => { whole.textContent = "Copy file"; }, 2000);
        });
        tools.append(whole);
    }

    for (const twins of document.querySelectorAll(".twins")) {
        const tabs = document.createElement("div");
        tabs.className = "tabs";
        tabs.setAttribute("role", "group");
        tabs.setAttribute("aria-label", "Language of the program");
        const languages = [["rust", "Rust"], ["python", "Python"]];
        const buttons = languages.map(([name, words]) => {
            const made = button(words, `Show the program in ${words}`);
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
    }
})();
