// The frames around modules, and their titles.
class Frames {
  constructor(map) {
    Object.assign(this, { map, g: make("g"), titles: make("g"), list: [] });
    for (const [title, depth, x, y, width, height] of map.data.frames) {
      const name = cut(words(title), (width - 12) / 8.4),
        frame = make(
          "g",
          { class: depth % 2 ? "frame odd" : "frame" },
          make("rect", { x, y, width, height }),
          make("title", {}, words(title)),
        );
      const text = make("text", { x: x + 8, y: y + 17, class: "frame-title" }, name);
      const most = Math.max(1, Math.min((width - 12) / (8.4 * name.length), [9, 6, 4.5, 3.5][depth - 1] || 2.5));
      this.g.append(frame);
      this.titles.append(text);
      this.list.push({
        text,
        frame,
        depth,
        x,
        y,
        width,
        height,
        most,
        length: name.length,
        title: words(title),
        shown: true,
      });
    }
    this.list.sort((a, b) => a.depth - b.depth);
    const holds = (o, f) =>
      o !== f && o.x <= f.x && o.y <= f.y && f.x + f.width <= o.x + o.width && f.y + f.height <= o.y + o.height;
    for (const f of this.list) {
      const around = this.list.filter((o) => o.depth < f.depth && holds(o, f));
      Object.assign(f, { level: around.length, around: around[around.length - 1] || null });
    }
  }
  // From afar the titles of frames are larger; where two would meet, the outer frame's is shown.
  letter() {
    const scale = this.map.camera.scale,
      near = Math.max(1, 0.9 / scale),
      shown = [],
      beside = this.map.regions.draw(scale);
    for (const frame of this.list) {
      const { text, x, y, most, length, shown: inUse } = frame;
      if (!inUse) continue;
      text.toggleAttribute("hidden", beside.has(frame));
      if (beside.has(frame)) continue;
      const size = 13 * Math.min(near, most),
        box = { left: x, right: x + 0.65 * size * length, top: y + 17 - size, bottom: y + 20 };
      const free = shown.every(
        (o) => o.right < box.left || box.right < o.left || o.bottom < box.top || box.bottom < o.top,
      );
      const legible = size * scale > 5;
      if (near === 1 || (free && legible)) shown.push(box);
      text.setAttribute("font-size", size.toFixed(1));
      text.toggleAttribute("hidden", near > 1 && !(free && legible));
    }
  }
  // A frame in which nothing is now is not drawn, and none reaches further right or down than what is in it.
  draw() {
    let changed = false;
    for (const of of this.list) Object.assign(of, { right: of.x + 9 * of.length, bottom: 0 });
    for (const of of this.list) {
      of.boxes ??= [...this.map.boxes.values()].filter(
        (b) => b.x >= of.x && b.y >= of.y && b.x < of.x + of.width && b.y < of.y + of.height,
      );
      const shown = of.boxes.some((b) => !b.look.startsWith("hidden"));
      if (shown === of.shown) continue;
      of.shown = shown;
      of.frame.toggleAttribute("hidden", !shown);
      of.text.toggleAttribute("hidden", !shown);
      changed = true;
    }
    for (const of of this.list.slice().reverse()) {
      for (const b of of.boxes)
        if (!b.look.startsWith("hidden")) {
          of.right = Math.max(of.right, b.x + b.width);
          of.bottom = Math.max(of.bottom, b.y + b.height);
        }
      of.right = Math.min(of.right + 12, of.x + of.width);
      of.bottom = Math.min(of.bottom + 12, of.y + of.height);
      if (of.around && of.shown) {
        of.around.right = Math.max(of.around.right, of.right);
        of.around.bottom = Math.max(of.around.bottom, of.bottom);
      }
      const key = of.right + " " + of.bottom;
      if (!of.shown || key === of.key) continue;
      of.key = key;
      of.frame.firstChild.setAttribute("width", of.right - of.x);
      of.frame.firstChild.setAttribute("height", of.bottom - of.y);
    }
    if (changed || this.map.camera.scale < FAR) this.letter();
  }
}
