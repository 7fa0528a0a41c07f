// The arena as rectangles of offset and time, and the roofline of a measured run.
function axisSteps(most) {
  const rough = most / 6,
    unit = 1024 ** Math.floor(Math.log(Math.max(rough, 1)) / Math.log(1024)),
    ten = 10 ** Math.floor(Math.log10(rough / unit));
  return [1, 2, 5, 10].map((k) => k * ten * unit).find((s) => s >= rough) || rough;
}
function memoryPage() {
  const { arena, bound } = raw.plan,
    left = 80,
    right = 990,
    top = 30,
    bottom = 500,
    last = Math.max(1, steps.length);
  const x = (step) => left + ((right - left) * step) / last,
    y = (b) => bottom - ((bottom - top) * b) / Math.max(arena, bound, 1);
  const chart = make("svg", {
    class: "chart",
    viewBox: "0 0 1000 545",
    role: "img",
    "aria-label": "tensors in the arena: offset and steps",
  });
  for (let b = 0, by = axisSteps(Math.max(arena, 1)); b <= arena; b += by)
    chart.append(
      make("line", { class: "grid", x1: left, x2: right, y1: y(b), y2: y(b) }),
      make("text", { class: "faint", x: left - 6, y: y(b) + 4, "text-anchor": "end" }, bytes(b)),
    );
  for (let i = 0; i <= 10; ++i) {
    const step = Math.round((last * i) / 10);
    chart.append(make("text", { class: "faint", x: x(step), y: bottom + 16, "text-anchor": "middle" }, String(step)));
  }
  chart.append(
    make(
      "text",
      { x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" },
      "step of the program (time runs to the right)",
    ),
    make("text", { x: 4, y: 14 }, "offset in the arena"),
  );
  for (const life of lives) {
    const n = nodes[life.node],
      width = Math.max(1, x(life.last + 1) - x(life.first)),
      height = Math.max(1, y(0) - y(life.bytes));
    const name = life.workspace
      ? `workspace of step ${life.first}`
      : n
        ? lineOf(life.node, n.operands)
        : `copy ${life.node}`;
    const rect = make("rect", {
      class: `life ${n && n.op ? "kind-" + n.op[1] : "kind-layout"} ${at.node === life.node ? "chosen" : ""}`,
      x: x(life.first),
      y: y(life.offset + life.bytes),
      width,
      height,
      onclick: () => n && go({ node: life.node }),
    });
    rect.append(
      make("title", {}, `${name}\n${bytes(life.bytes)} at offset ${life.offset}, steps ${life.first} to ${life.last}`),
    );
    chart.append(rect);
    if (width > 60 && height > 13 && n) {
      const label = make(
        "text",
        { x: x(life.first) + 4, y: y(life.offset + life.bytes / 2) + 4, class: "inside" },
        cut(nameOf(life.node) + " " + (n.op ? n.op[0] : ""), width / 7),
      );
      label.setAttribute("pointer-events", "none");
      chart.append(label);
    }
  }
  chart.append(
    make("line", { class: "bound", x1: left, x2: right, y1: y(bound), y2: y(bound) }),
    make(
      "text",
      { x: right, y: y(bound) - 5, "text-anchor": "end", class: "over" },
      `no plan can need less: ${bytes(bound)}`,
    ),
  );
  const over = bound ? 100 * (arena / bound - 1) : 0;
  return make(
    "div",
    { class: "page" },
    make("h2", {}, "Memory of the compiled program"),
    make(
      "p",
      {},
      `Each rectangle is a tensor: how long it lives, and where it lies. The arena has ${bytes(arena)}; ` +
        `at its fullest step ${bytes(bound)} are alive, so no plan for this order of steps can need less. ` +
        (over < 0.05 ? "It is as small as can be." : `It is ${over.toFixed(1)} % above that.`) +
        ` Placed ${words(raw.plan.planner)}.`,
    ),
    chart,
    kindsKey(new Set(lives.map((l) => (nodes[l.node] && nodes[l.node].op ? nodes[l.node].op[1] : "layout")))),
  );
}
const kindsKey = (kinds) =>
  make(
    "p",
    { class: "note" },
    [...kinds].sort().flatMap((kind) => {
      const swatch = make("span", { class: "kind-" + kind }, "\u2003");
      return [swatch, ` ${kind}\u2003`];
    }),
  );

const moduleOf = (s) => (s.nodes.length && nodes[s.nodes[0]] ? nodes[s.nodes[0]].module : "");
function speedPage() {
  const p = raw.profile;
  const timed = steps.filter((s) => !s.once),
    total = timed.reduce((sum, s) => sum + (s.measured ? s.measured.us * 1e3 : p ? 0 : s.ns), 0) || 1;
  const cost = (s) => (p ? (s.measured ? s.measured.us * 1e3 : 0) : s.ns);
  const kinds = new Map(); // the same step in every block is one row
  for (const s of timed) {
    const key = [s.what, s.kernel, s.flops, s.read, s.written, moduleOf(s).replace(/\.\d+/, ".N")].join("\n");
    kinds.set(key, [...(kinds.get(key) || []), s]);
  }
  const sum = (kind) => kind.reduce((all, s) => all + cost(s), 0),
    mean = (kind, of) => time(kind.reduce((all, s) => all + of(s), 0) / kind.length);
  const rows = [...kinds.values()]
    .sort((a, b) => sum(b) - sum(a))
    .slice(0, 40)
    .map((kind) => {
      const [s] = kind;
      return make(
        "tr",
        {},
        make("td", { class: "number" }, kind.length > 1 ? `${kind.length} ×` : String(s.number)),
        make(
          "td",
          {},
          link(s.what, () => go({ node: s.nodes[0] })),
          make("br"),
          make("span", { class: "note" }, kind.length > 1 ? moduleOf(s).replace(/\.\d+/, ".N") : moduleOf(s)),
        ),
        make("td", { class: "number" }, s.ns ? mean(kind, (k) => k.ns) : ""),
        p
          ? make("td", { class: "number" }, s.measured ? mean(kind, (k) => (k.measured ? k.measured.us * 1e3 : 0)) : "")
          : null,
        make("td", { class: "number" }, ((100 * sum(kind)) / total).toFixed(1) + " %"),
        make("td", { class: "number" }, count(s.flops)),
        make("td", { class: "number" }, bytes(s.read + s.written)),
        make("td", {}, s.kernel),
      );
    });
  return make(
    "div",
    { class: "page" },
    make("h2", {}, "Where the time goes"),
    p
      ? [
          make(
            "p",
            {},
            `Measured on ${p.processor}, ${many(p.threads, "thread")}, ${many(p.runs, "run")}: ${time(p.run_us * 1e3)} a run.`,
          ),
          roofline(p),
        ]
      : make(
          "p",
          {},
          "Nothing here was measured: these are the compiler's predictions for one core. With ",
          make("code", {}, "--profile profile.json"),
          ", which ",
          make("code", {}, "vitrine profile"),
          " writes, measured times and the roofline stand beside them.",
        ),
    make(
      "table",
      {},
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          make("th", { class: "number" }, "step"),
          make("th", {}, "what"),
          make("th", { class: "number" }, "predicted"),
          p ? make("th", { class: "number" }, "measured") : null,
          make("th", { class: "number" }, "share"),
          make("th", { class: "number" }, "operations"),
          make("th", { class: "number" }, "bytes"),
          make("th", {}, "kernel"),
        ),
      ),
      make("tbody", {}, rows),
    ),
  );
}
const slope = (dx, dy) => ((Math.atan2(dy, dx) * 180) / Math.PI).toFixed(1);
// Williams, Waterman and Patterson (2009): operations a byte against operations a second, both logarithmic.
function roofline(p) {
  const dots = steps
    .filter((s) => s.measured && s.flops > 0 && s.read + s.written > 0 && s.measured.us > 0 && s.measured.share > 1e-3)
    .map((s) => ({
      s,
      x: s.flops / (s.read + s.written),
      y: s.flops / (s.measured.us * 1e3),
      r: 3 + 24 * Math.sqrt(s.measured.share),
    }));
  const peak = p.gflop_s,
    left = 70,
    right = 985,
    top = 20,
    bottom = 400;
  const xs = dots.map((d) => d.x).concat(p.levels.map(([, gb]) => peak / gb)),
    ys = dots.map((d) => d.y).concat([peak, peak / 20]);
  const x0 = Math.log10(Math.min(...xs) / 2),
    x1 = Math.log10(Math.max(...xs) * 2),
    y0 = Math.log10(Math.min(...ys) / 2),
    y1 = Math.log10(peak * 2);
  const x = (v) => left + ((right - left) * (Math.log10(v) - x0)) / (x1 - x0),
    y = (v) => bottom - ((bottom - top) * (Math.log10(v) - y0)) / (y1 - y0);
  const chart = make("svg", {
    class: "chart",
    viewBox: "0 0 1000 440",
    role: "img",
    "aria-label": "roofline: each step against the limits of the machine",
  });
  for (let k = Math.ceil(y0); k <= y1; ++k)
    chart.append(
      make("line", { class: "grid", x1: left, x2: right, y1: y(10 ** k), y2: y(10 ** k) }),
      make("text", { class: "faint", x: left - 6, y: y(10 ** k) + 4, "text-anchor": "end" }, String(10 ** k)),
    );
  for (let k = Math.ceil(x0); k <= x1; ++k)
    chart.append(
      make("line", { class: "grid", x1: x(10 ** k), x2: x(10 ** k), y1: top, y2: bottom }),
      make("text", { class: "faint", x: x(10 ** k), y: bottom + 15, "text-anchor": "middle" }, String(10 ** k)),
    );
  chart.append(
    make("text", { x: (left + right) / 2, y: bottom + 33, "text-anchor": "middle" }, "operations for each byte moved"),
    make("text", { x: 4, y: 12 }, "GFLOP/s"),
  );
  for (const [name, gb] of p.levels) {
    const begin = Math.max(10 ** x0, 10 ** y0 / gb),
      corner = peak / gb;
    chart.append(
      make("polyline", {
        class: "roof",
        points: `${x(begin)},${y(begin * gb)} ${x(corner)},${y(peak)} ${right},${y(peak)}`,
      }),
      make(
        "text",
        {
          transform: `translate(${x(begin) + 8} ${y(begin * gb) - 9}) rotate(${slope(x(corner) - x(begin), y(peak) - y(begin * gb))})`,
        },
        `${name} ${Math.round(gb)} GB/s`,
      ),
    );
  }
  chart.append(
    make("text", { x: right, y: y(peak) - 6, "text-anchor": "end" }, `multiply-adds ${Math.round(peak)} GFLOP/s`),
  );
  for (const { s, x: ops, y: speed, r } of dots.sort((a, b) => b.r - a.r)) {
    const dot = make("circle", {
      cx: x(ops),
      cy: y(speed),
      r,
      class: "kind-" + s.kind,
      onclick: () => go({ node: s.nodes[0] }),
    });
    dot.append(
      make(
        "title",
        {},
        `step ${s.number}: ${s.what}\n${time(s.measured.us * 1e3)}, ${(100 * s.measured.share).toFixed(1)} %`,
      ),
    );
    chart.append(dot);
  }
  return [
    chart,
    make(
      "p",
      { class: "note" },
      "A larger dot takes more time. Its distance from the roof above it is what is left to gain.",
    ),
  ];
}
