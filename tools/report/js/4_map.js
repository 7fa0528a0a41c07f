// The map: every node that was ever alive has one place, so a step shows and hides and nothing moves.
const drawnAs = (id) => (at.unfold || !raw.drawn_as || !raw.maps.folded ? id : raw.drawn_as[id]);
const mapData = () => (!at.unfold && raw.maps.folded) || raw.maps.all || raw.maps.folded;
const home = (id) => (nodes[id].module.match(/^.*?\.\d+(?=\.|$)/) || [""])[0];
const alike = nodes.map(() => []); // the nodes that a node is drawn for
if (raw.drawn_as)
  raw.drawn_as.forEach((twin, id) => {
    if (nodes[id] && nodes[id].drawn) alike[twin].push(id);
  });

// What a box looks like besides being there, and the sign that says the same without its colour.
const LOOKS = ["gone", "made", "joined", "unread", "only_a", "only_b", "changed", "step"];
const SIGNS = { gone: "−", made: "+", only_a: "−A", only_b: "+B", changed: "~", step: "≠" };

class NodeMap {
  constructor() {
    this.data = mapData();
    this.boxes = new Map();
    this.edges = new Map();
    this.frames = new Frames(this);
    this.lines = make("g");
    this.tops = make("g");
    const arrow = make(
      "marker",
      { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" },
      make("path", { d: "M0 0L8 4L0 8z", fill: "context-stroke" }),
    );
    this.inner = make("g", {}, make("defs", {}, arrow), this.frames.g, this.lines, this.tops, this.frames.titles);
    this.svg = make(
      "svg",
      {
        class: "map",
        role: "img",
        "aria-label": "the graph; the text view says the same in words",
        onclick: () => {
          if (this.camera.moved <= 4 && at.node !== null) go({ node: null });
        },
      },
      this.inner,
    );
    for (let i = 0; i < this.data.boxes.length; i += 5) this.box(...this.data.boxes.slice(i, i + 5));
    this.camera = new Camera(this.svg, this.inner, () => this.frames.letter());
    this.regions = new Regions(this);
    this.inner.append(this.regions.g);
  }
  box(id, x, y, width, height) {
    const n = nodes[id],
      title = make("text", { class: "title", x: width / 2, y: 16 }),
      badge = make("text", { class: "badge", x: -4, y: 4 }),
      big = make("text", { class: "big", x: width / 2, y: 26 }, cut(n.op ? n.op[0] : n.title, width / 13));
    const type = make("text", { class: "type", x: width / 2, y: 30 });
    const g = make(
      "g",
      {
        class: "node",
        transform: `translate(${x} ${y})`,
        "data-node": id,
        onclick: (e) => {
          e.stopPropagation();
          if (this.camera.moved <= 4) chooseOnMap(this.meant(id));
        },
      },
      make("rect", { width, height, class: n.op ? "kind-" + n.op[1] : "" }),
      title,
      type,
      big,
      badge,
    );
    g.append(make("title", {}, lineOf(id, n.operands)));
    g.classList.toggle("gradient", n.phase === "gradient");
    if (n.leaf) g.classList.add("leaf", n.leaf);
    if (n.leaf && /^(i8|u8|bf16)/.test(n.type)) g.classList.add("codes");
    type.textContent = cut(n.type, width / 5.9);
    this.tops.append(g);
    this.boxes.set(id, { id, x, y, width, height, g, title, badge, text: null, look: "" });
  }
  // Of the nodes that a box stands for the one that the step is about.
  meant(id) {
    const of = this.members(id);
    return (
      of.find((i) => this.now && this.now.marks && this.now.marks.has(i)) ??
      of.find((i) => this.now && (this.now.made.has(i) || this.now.gone.has(i) || this.now.joined.has(i))) ??
      id
    );
  }
  members(id) {
    return at.unfold || !raw.maps.folded || !alike[id].length ? [id] : alike[id];
  }

  draw(now) {
    this.now = now;
    this.svg.classList.toggle("comparing", !!now.marks);
    const reads = now.stand.readers(),
      results = now.stand.results(),
      has = (set, ids) => ids.some((i) => set.has(i));
    for (const [id, box] of this.boxes) {
      const ids = this.members(id),
        marked = now.marks ? ids.filter((i) => now.marks.has(i)) : [],
        shown = marked.length ? marked : ids.filter((i) => now.stand.alive[i] || now.gone.has(i));
      const look = marked.length
        ? now.marks.get(marked[0]).kind
        : !shown.length
          ? "hidden"
          : has(now.gone, ids)
            ? "gone"
            : has(now.made, ids)
              ? "made"
              : has(now.joined, ids)
                ? "joined"
                : ids.some((i) => reads[i].length || results.has(i) || nodes[i].leaf)
                  ? "live"
                  : "unread";
      const chosen = at.node !== null && ids.includes(at.node);
      const group = shown.length && !now.marks ? now.stand.group[shown[0]] : 0,
        key = look + chosen + group;
      if (shown.length) this.write(box, id, now.stand, shown.length);
      if (box.look === key) continue;
      box.look = key;
      box.g.toggleAttribute("hidden", look === "hidden");
      for (const name of LOOKS) box.g.classList.toggle(name, name === look);
      box.g.classList.toggle("chosen", chosen);
      for (let k = 0; k < 6; ++k)
        box.g.classList.toggle("group" + k, group > 0 && group % 6 === k && (look === "live" || look === "joined"));
      box.g.classList.toggle("grouped", group > 0);
      box.badge.textContent = SIGNS[look] || (group ? "g" + group : "");
    }
    this.drawEdges(now);
    this.frames.draw();
  }
  write(box, id, stand, times) {
    const n = nodes[id],
      operands = stand.operands[id],
      numbers = operands.filter(isNumber).map(nameOf);
    let text = n.title;
    if (numbers.length && n.op) {
      const sign = n.op[4];
      text =
        sign && operands.length === 2 && numbers.length === 1
          ? isNumber(operands[1])
            ? (sign === "−" || sign === "÷" ? "x " : "") + `${sign} ${numbers[0]}`
            : sign === "+" || sign === "×"
              ? `${sign} ${numbers[0]}`
              : `${numbers[0]} ${sign} x`
          : `${n.title} (${numbers.join(", ")})`;
    }
    if (times > 1) text += ` ×${times}`;
    if (box.text !== text) box.title.textContent = cut((box.text = text), (box.width - 8) / 7.1);
  }

  drawEdges(now) {
    const wanted = new Map();
    const want = (from, to, look) => {
      if (isNumber(from)) return;
      const a = drawnAs(from),
        b = drawnAs(to),
        x = home(from),
        y = home(to);
      if (a === b || !this.boxes.has(a) || !this.boxes.has(b)) return;
      if (x !== y && home(a) !== "" && home(a) === home(b)) return; // from one repeat to the next
      const key = a + " " + b;
      if (!wanted.has(key)) wanted.set(key, look);
      else if (look && look !== "there") wanted.set(key, look);
    };
    now.stand.operands.forEach((list, id) => {
      if (now.stand.alive[id]) for (const o of list) want(o, id, now.made.has(id) && !now.all ? "new" : "");
    });
    for (const { at: id, reads } of now.marks ? now.marks.values() : []) for (const o of reads) want(o, id, "there");
    if (!now.all) for (const id of now.gone) for (const o of now.before.operands[id]) want(o, id, "old");
    for (const [key, edge] of this.edges) if (!wanted.has(key)) (edge.remove(), this.edges.delete(key));
    for (const [key, look] of wanted) {
      const [a, b] = key.split(" ").map(Number);
      let edge = this.edges.get(key);
      if (!edge) {
        const from = this.boxes.get(a),
          to = this.boxes.get(b);
        edge = make("path", { d: curve(from, to), "marker-end": "url(#arrow)" });
        this.edges.set(key, edge);
        this.lines.append(edge);
      }
      const chosen = at.node === null ? -1 : drawnAs(at.node);
      const across = (nodes[a].phase === "update") !== (nodes[b].phase === "update");
      edge.setAttribute(
        "class",
        ["edge", across ? "across" : "", look, chosen === a || chosen === b ? "hot" : ""].join(" "),
      );
    }
  }
  // All that is there now, if some of it is out of sight.
  followAll(always) {
    const seen = [...this.boxes.values()].filter((b) => b.look && !b.look.startsWith("hidden"));
    if (!seen.length) return;
    const left = Math.min(...seen.map((b) => b.x)),
      top = Math.min(...seen.map((b) => b.y));
    const right = Math.max(...seen.map((b) => b.x + b.width)),
      bottom = Math.max(...seen.map((b) => b.y + b.height)),
      c = this.camera;
    const box = this.svg.getBoundingClientRect();
    const inside =
      left * c.scale + c.x >= 0 &&
      top * c.scale + c.y >= 0 &&
      right * c.scale + c.x <= box.width &&
      bottom * c.scale + c.y <= box.height;
    if (always || !inside) c.look(left - 24, top - 40, right - left + 60, bottom - top + 60, 1.25);
  }
  // The camera goes only where the step cannot be seen.
  follow(ids, far) {
    const boxes = [...new Set(ids.map(drawnAs))].map((id) => this.boxes.get(id)).filter(Boolean);
    if (!boxes.length) return;
    const left = Math.min(...boxes.map((b) => b.x)),
      top = Math.min(...boxes.map((b) => b.y));
    const width = Math.max(...boxes.map((b) => b.x + b.width)) - left,
      height = Math.max(...boxes.map((b) => b.y + b.height)) - top;
    if (!this.camera.sees(left, top, width, height, far))
      this.camera.look(left - 80, top - 80, width + 160, height + 160, 1);
  }
}
const cut = (text, most) => (text.length <= most ? text : text.slice(0, Math.max(1, Math.floor(most) - 1)) + "…");
function curve(a, b) {
  const x1 = a.x + a.width / 2,
    x2 = b.x + b.width / 2;
  const down = b.y >= a.y + a.height - 1,
    up = b.y + b.height <= a.y + 1;
  if (!down && !up) {
    const right = x2 > x1,
      from = right ? a.x + a.width : a.x,
      to = right ? b.x : b.x + b.width;
    const y1 = a.y + a.height / 2,
      y2 = b.y + b.height / 2,
      bend = Math.max(20, Math.abs(to - from) / 2) * (right ? 1 : -1);
    return `M${from} ${y1}C${from + bend} ${y1} ${to - bend} ${y2} ${to} ${y2}`;
  }
  const y1 = down ? a.y + a.height : a.y,
    y2 = down ? b.y : b.y + b.height,
    bend = Math.max(12, Math.abs(y2 - y1) / 2) * (down ? 1 : -1);
  return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
}
