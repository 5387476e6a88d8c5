// The words of our scripts in the language of the page. The builder of the book finds them by `say("…")`, and an edition that is
// not in English loads its words, and where the root of the whole book is, before this.
"use strict";

/// A text, with a value in place of each `{name}`.
function say(english, values = {}) {
    const words = window.bookWords?.[english] ?? english;
    return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/// The address of something that all editions share.
function shared(path) {
    return `${path_to_root}${window.bookRoot ?? ""}${path}`;
}
