// The texts of our scripts, in the language of the page. The builder of the book finds them by `say("…")`. An edition that is not
// in English loads its texts, and the location of the root of the whole book, before this script.
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
