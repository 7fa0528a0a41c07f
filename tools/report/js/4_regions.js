// From afar boxes are too small to read. What the parts of the map are is then written beside it: modules at the left,
// and above it which side is the forward pass and which the gradients.
class Regions {
  constructor(map) {
    Object.assign(this, { map, g: make("g", { class: "regions" }), heads: [], names: [] });
    for (const [phase, title] of [
      ["forward", "forward ↓"],
      ["gradient", "gradients ↑"],
    ])
      this.heads.push({ phase, text: make("text", { class: "region-head" }, title) });
    this.g.append(...this.heads.map((h) => h.text));
  }
  // Where the boxes of a phase are, of those that are there now and in no frame of updates.
  of(phase) {
    return [...this.map.boxes.values()].filter(
      (b) => nodes[b.id].phase === phase && b.look && !b.look.startsWith("hidden"),
    );
  }
  // Answers which frames have their names in the margin.
  draw(scale) {
    const far = scale < FAR,
      size = 14 / scale,
      named = new Set();
    this.g.toggleAttribute("hidden", !far);
    if (!far) return named;
    for (const head of this.heads) head.boxes = this.of(head.phase);
    const both = this.heads.every((head) => head.boxes.length),
      all = this.heads.flatMap((head) => head.boxes);
    const top = Math.min(...all.map((b) => b.y));
    for (const { text } of this.heads) text.toggleAttribute("hidden", !both);
    if (both) {
      // Over the middles of both sides, or, where these are near, beside each other.
      const [x1, x2] = this.heads.map(
        ({ boxes }) => boxes.map((b) => b.x + b.width / 2).sort((a, b) => a - b)[boxes.length >> 1],
      );
      const near = x2 - x1 < 7 * size,
        middle = (x1 + x2) / 2;
      this.heads.forEach(({ text }, i) => {
        text.setAttribute("text-anchor", !near ? "middle" : i ? "start" : "end");
        put(text, near ? middle + (i ? 0.5 : -0.5) * size : i ? x2 : x1, top - 1.1 * size, size);
      });
    }
    for (const name of this.names) name.remove();
    this.names = [];
    const left = Math.min(...all.map((b) => b.x)),
      taken = [];
    for (const frame of this.map.frames.list) {
      if (!frame.shown || frame.level > 1 || !frame.boxes.some((b) => nodes[b.id].phase === "forward")) continue;
      const own = frame.level === 0 ? size : 0.85 * size,
        y = frame.y + own,
        room = (this.map.camera.x + left * scale) / scale - 1.6 * size;
      if (taken.some((t) => Math.abs(t - y) < 1.15 * size) || 0.62 * own * frame.title.length > room) continue;
      if (
        this.map.frames.list.some(
          (o) => o.level === frame.level && o.shown && o.x < frame.x && o.y < y && y < o.y + o.height,
        )
      )
        continue; // another stands between it and the margin
      taken.push(y);
      named.add(frame);
      const text = make("text", { class: `region level${frame.level}`, "text-anchor": "end" }, frame.title);
      put(text, left - 1.2 * size, y, own);
      const line = make("path", {
        class: "region-line",
        d: `M${left - size} ${y - 0.3 * own}H${frame.x}`,
      });
      this.names.push(text, line);
    }
    this.g.append(...this.names);
    return named;
  }
}
const FAR = 0.45;
function put(text, x, y, size) {
  text.setAttribute("x", x.toFixed(0));
  text.setAttribute("y", y.toFixed(0));
  text.setAttribute("font-size", size.toFixed(1));
}
