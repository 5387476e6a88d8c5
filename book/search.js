// The search of an edition whose language has no blanks between words. Pagefind keeps its index in files next to the pages, which
// a page can only fetch if the book is served. It looks and works like mdBook's own search.
"use strict";

(() => {
    const MOST = 30;

    function element(name, properties = {}, ...children) {
        const made = Object.assign(document.createElement(name), properties);
        made.append(...children);
        return made;
    }

    const field = element("input", { type: "search", id: "mdbook-searchbar", placeholder: say("Search this book …") });
    field.setAttribute("aria-label", say("Search this book …"));
    field.setAttribute("aria-controls", "mdbook-searchresults-outer");
    const header = element("div", { id: "mdbook-searchresults-header", className: "searchresults-header" });
    header.setAttribute("role", "status");
    const list = element("ul", { id: "mdbook-searchresults" });
    const results = element("div", { id: "mdbook-searchresults-outer", className: "searchresults-outer hidden" }, header, list);
    const form = element("form", { id: "mdbook-searchbar-outer", className: "searchbar-outer" }, field);
    const wrapper = element("div", { id: "mdbook-search-wrapper", className: "hidden" }, form, results);
    const toggle = element("button", { id: "mdbook-search-toggle", className: "icon-button", type: "button" });
    toggle.title = say("Search (`/`)");
    toggle.setAttribute("aria-label", say("Search (`/`)"));
    toggle.setAttribute("aria-expanded", "false");
    toggle.setAttribute("aria-keyshortcuts", "/ s");
    toggle.setAttribute("aria-controls", "mdbook-searchbar");
    toggle.innerHTML = '<span class="fa-svg"><svg viewBox="0 0 512 512" aria-hidden="true"><path d="M416 208c0 45.9-14.9 88.3-40 '
        + '122.7L502.6 457.4c12.5 12.5 12.5 32.8 0 45.3s-32.8 12.5-45.3 0L330.7 376c-34.4 25.2-76.8 40-122.7 40C93.1 416 0 322.9 0 '
        + '208S93.1 0 208 0S416 93.1 416 208zM208 352a144 144 0 1 0 0-288a144 144 0 1 0 0 288z"/></svg></span>';
    document.querySelector("#mdbook-menu-bar .left-buttons").append(toggle);
    document.querySelector("#mdbook-menu-bar").after(wrapper);

    let pagefind;

    function load() {
        if (location.protocol === "file:") {
            return Promise.reject(new Error(say("The search needs the book to be served: cargo xtask book --open")));
        }
        pagefind ??= import(new URL(`${path_to_root}pagefind/pagefind.js`, document.baseURI)).then(async (module) => {
            await module.options({ baseUrl: new URL(path_to_root || ".", document.baseURI).pathname });
            await module.init();
            return module;
        });
        pagefind.catch(() => { pagefind = undefined; });
        return pagefind;
    }

    /// Links to the sections that contain the words, grouped by page.
    function shown(page) {
        const title = page.meta.title;
        const sections = page.sub_results.length > 0 ? page.sub_results : [page];
        return sections.slice(0, 3).map((section) => {
            const name = section.title && section.title !== title ? `${title} » ${section.title}` : title;
            // Pagefind has escaped the text, and marked the words that it found with `<mark>`.
            const excerpt = element("span", { className: "teaser" });
            excerpt.innerHTML = section.excerpt;
            return element("li", {}, element("a", { href: section.url, textContent: name }), excerpt);
        });
    }

    let last = 0;

    async function search() {
        const mine = ++last;
        const words = field.value.trim();
        results.classList.toggle("hidden", words === "");
        if (words === "") {
            return;
        }
        try {
            const found = await (await load()).search(words);
            const pages = await Promise.all(found.results.slice(0, MOST).map((result) => result.data()));
            if (mine === last) {
                header.textContent = say("{count} pages with “{words}”", { count: found.results.length, words });
                list.replaceChildren(...pages.flatMap(shown));
            }
        } catch (error) {
            if (mine === last) {
                header.textContent = error.message;
                list.replaceChildren();
            }
        }
    }

    function open(yes) {
        wrapper.classList.toggle("hidden", !yes);
        toggle.setAttribute("aria-expanded", String(yes));
        if (yes) {
            field.focus();
            field.select();
        } else {
            toggle.focus();
        }
    }

    toggle.addEventListener("click", () => open(wrapper.classList.contains("hidden")));
    form.addEventListener("submit", (event) => event.preventDefault());
    field.addEventListener("input", search);
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !wrapper.classList.contains("hidden")) {
            open(false);
        }
        const isTyped = event.target.closest?.("input, textarea, select") || event.altKey || event.ctrlKey || event.metaKey;
        if (!isTyped && (event.key === "s" || event.key === "/")) {
            event.preventDefault();
            open(true);
        }
    });
})();
