// Checks a page from inside: does it scroll sideways, is its text readable, and can everything be reached with the keyboard?
(width) => {
    const problems = [];
    const words = (element) => (element.outerHTML ?? "").replace(/\s+/g, " ").slice(0, 90);

    // Sideways.
    const root = document.documentElement;
    if (root.scrollWidth > width) {
        const scrolls = (element) => {
            for (let e = element.parentElement; e && e !== document.body; e = e.parentElement) {
                if (getComputedStyle(e).overflowX !== "visible") return true;
            }
            return false;
        };
        const wide = [...document.body.querySelectorAll("*")].find(
            (element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element));
        problems.push(`is ${root.scrollWidth} wide: ${wide ? words(wide) : "?"}`);
    }

    // Contrast, as defined by WCAG.
    const channel = (value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const contrast = (one, other) => {
        const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
    };
    const parse = (colour) => {
        const parts = /^rgba?\(([^)]*)\)$/.exec(colour);
        if (!parts) return null;
        const [r, g, b, a = 1] = parts[1].split(/[\s,/]+/).map(Number);
        return [r, g, b, a];
    };
    const over = ([r, g, b, a], below) => [r, g, b].map((value, i) => value * a + below[i] * (1 - a));
    const ground = (element) => {
        if (!element) return [255, 255, 255];
        const colour = parse(getComputedStyle(element).backgroundColor) ?? [0, 0, 0, 0];
        return colour[3] === 1 ? colour.slice(0, 3) : over(colour, ground(element.parentElement));
    };
    // In a drawing, the background of a text is the shape that was painted before it and contains its middle.
    const painted = (text) => {
        const svg = text.closest("svg");
        const box = text.getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        let below = ground(svg);
        for (const shape of svg.querySelectorAll("rect, circle, ellipse, path, polygon")) {
            if (!(shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
            const fill = parse(getComputedStyle(shape).fill);
            const area = shape.getBoundingClientRect();
            const holds = area.left <= x && x <= area.right && area.top <= y && y <= area.bottom;
            if (fill && holds) below = over(fill, below);
        }
        return below;
    };
    const opacity = (element) => element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Set();
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || seen.has(element)) continue;
        seen.add(element);
        const isShown = element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
        if (!isShown || element.getClientRects().length === 0 || element.closest("script, style, noscript")) continue;
        const style = getComputedStyle(element);
        const inDrawing = element.closest("svg text");
        const colour = parse(inDrawing ? style.fill : style.color);
        if (!colour) continue;
        const below = inDrawing ? painted(inDrawing) : ground(element);
        colour[3] *= opacity(element);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const found = contrast(over(colour, below), below);
        if (found < (isLarge ? 3 : 4.5)) {
            problems.push(`a contrast of ${found.toFixed(2)}: ${words(element)}`);
        }
        // The text of a drawing shrinks with it.
        if (inDrawing) {
            const scale = inDrawing.getScreenCTM().a;
            if (size * scale < 9.5) problems.push(`letters of ${(size * scale).toFixed(1)} px: ${words(inDrawing)}`);
        }
    }

    // Keyboard. The browser itself makes scrollable elements reachable.
    for (const element of document.querySelectorAll("a[href], button, input, select, summary")) {
        if (element.tabIndex < 0 && element.checkVisibility({ visibilityProperty: true }) && !element.disabled
            && !element.closest("[role=menu], pre > .buttons")) {
            problems.push(`no key reaches ${words(element)}`);
        }
    }
    for (const image of document.querySelectorAll("main img:not([alt]), main svg[role=img]:not([aria-label])")) {
        problems.push(`says nothing to who cannot see it: ${words(image)}`);
    }
    for (const link of document.querySelectorAll("main a[href^='#']")) {
        if (link.hash.length > 1 && !document.getElementById(decodeURIComponent(link.hash.slice(1)))) {
            problems.push(`leads nowhere: ${words(link)}`);
        }
    }
    return [...new Set(problems)].slice(0, 12);
}
