// Two compilations on one map: what only this one (A) has, what only the other (B) has, what both have and is not the
// same. Each difference is a row to choose; those that repeat in every block are one.
const pointOf = (turn) => against.points[turn.number];
const differencesAt = (pass) => against.differences[against.points[pass].differences];
const otherTurn = () => against.turns[against.points[at.pass].turn];

function compareScene() {
  const turn = turns[at.pass],
    stand = standAt(turn.first + turn.count, at.pass),
    none = new Set();
  const marks = new Map(differencesAt(at.pass).nodes.map((d) => [d.at, d]));
  return { stand, before: stand, made: none, gone: none, joined: none, change: null, all: false, marks };
}
function lastPassWith(id) {
  let pass = turns.length - 1;
  while (pass > 0 && !differencesAt(pass).nodes.some((d) => d.at === id)) --pass;
  return pass;
}

// Rows: differences of one kind on nodes that are drawn as one; of nodes that run in other steps, a step of B a row.
let rowsFor = null,
  rowsKnown = [];
function rowsOf(differences) {
  const key = differences === rowsFor?.differences && rowsFor.unfold === at.unfold;
  if (key) return rowsKnown;
  rowsFor = { differences, unfold: at.unfold };
  const rows = new Map(),
    steps = new Map();
  const put = (words, nodes) => {
    if (!rows.has(words)) rows.set(words, { kind: nodes[0].kind, nodes: [], each: nodes.length });
    rows.get(words).nodes.push(...nodes);
  };
  for (const d of differences.nodes) {
    if (d.kind !== "step") put([d.kind, d.differs, drawnAs(d.at)].join("\n"), [d]);
    else if (!d.group) put("alone\n" + drawnAs(d.at), [d]);
    else steps.set(d.group, [...(steps.get(d.group) || []), d]);
  }
  for (const nodes of steps.values())
    put("step\n" + [...new Set(nodes.map((d) => drawnAs(d.at)))].sort((a, b) => a - b).join(), nodes);
  return (rowsKnown = [...rows.values()]);
}
const rowOf = (id) => rowsOf(differencesAt(at.pass)).findIndex((row) => row.nodes.some((d) => d.at === id));
function nextDifference(by) {
  const rows = rowsOf(differencesAt(at.pass));
  if (!rows.length) return;
  const now = at.node === null ? -1 : rowOf(at.node);
  const next = by === -Infinity ? 0 : by === Infinity ? rows.length - 1 : now + by;
  if (next < 0) go({ node: null });
  else if (rows[next]) lookAt(rows[next].nodes[0].at);
}
function lookAt(id) {
  go({ node: id });
  if (map) map.follow([id]);
}

const lineInA = (id) => lineOf(id, compareScene().stand.operands[id]);
const SAYS = { only_a: "only in A", only_b: "only in B", changed: "in both, changed", step: "runs in another step" };
function linesOf(d, stand) {
  const inA = () => lineOf(d.at, stand.operands[d.at]);
  if (d.kind === "only_a") return [`− ${inA()}`];
  if (d.kind === "only_b") return [`+ ${d.line}`];
  if (d.kind === "changed") return [`~ ${inA()}`, `  ${d.line}`];
  return [`≠ ${inA()}`];
}
function rowSays(row, stand) {
  const [d] = row.nodes,
    each = row.each;
  if (d.kind === "step")
    return [
      `≠ ${row.nodes
        .slice(0, Math.min(each, 4))
        .map((n) => `${nameOf(n.at)} ${nodes[n.at].op ? nodes[n.at].op[0] : ""}`)
        .join(", ")}${each > 4 ? ` and ${each - 4} more` : ""}`,
      d.group ? "  run as one step in B" : "  runs alone in B",
    ];
  return linesOf(d, stand);
}

// The strip, seen from both: how many differ behind each pass, and what B has more or less.
function compareButton(turn) {
  const { turn: there, differences } = pointOf(turn),
    b = against.turns[there],
    all = against.differences[differences],
    differ = all.nodes.length + all.results.length;
  const told = [
    change("nodes", b.nodes, turn.nodes, String),
    change("peak", b.arena, turn.arena, bytes),
    change("time", b.ns, turn.ns, time),
  ].filter(Boolean);
  return make(
    "button",
    {
      class: "pass" + (isQuiet(turn) ? " quiet" : ""),
      type: "button",
      "data-pass": turn.number,
      title: `A after ${turn.pass}: ${facts(turn)}\nB after ${b.pass}: ${facts(b)}`,
      onclick: () => go({ pass: turn.number, node: null }),
    },
    make("b", {}, turn.pass.replaceAll("_", " ")),
    make(
      "small",
      {},
      differ ? `${many(all.nodes.length, "node")} differ${all.nodes.length === 1 ? "s" : ""}` : "the same graph",
    ),
    make("small", {}, told.length ? ["B:", ...told] : "same size, bytes, time"),
  );
}
const facts = (turn) => `${many(turn.nodes, "node")}, ${bytes(turn.arena)}, ${time(turn.ns)}`;

function drawCompareScrubber() {
  const rows = rowsOf(differencesAt(at.pass)),
    now = at.node === null ? -1 : rowOf(at.node);
  const says =
    now >= 0
      ? rowSays(rows[now], compareScene().stand).join("  ⇢ ")
      : rows.length
        ? "→ or ▶ goes from difference to difference"
        : "nothing differs here";
  const old = byId("slider");
  if (old && !byId("learn") && document.activeElement === old && Number(old.max) === rows.length) {
    old.value = now + 1;
    old.setAttribute("aria-valuetext", says);
    fill(byId("where"), says);
    byId("position").textContent = whereInRows(now, rows);
    return;
  }
  const step = (by) => () => nextDifference(by);
  const slider = make("input", {
    type: "range",
    min: 0,
    max: rows.length,
    step: 1,
    id: "slider",
    disabled: !rows.length,
    "aria-label": "differences",
    "aria-valuetext": says,
    oninput: (e) =>
      Number(e.target.value) ? lookAt(rows[Number(e.target.value) - 1].nodes[0].at) : go({ node: null }),
  });
  slider.value = now + 1;
  fill(
    byId("scrubber"),
    make(
      "button",
      { type: "button", id: "back", disabled: now < 0, onclick: step(-1), title: "The difference before (←)" },
      "◀",
    ),
    slider,
    make(
      "button",
      {
        type: "button",
        id: "next",
        disabled: now + 1 >= rows.length,
        onclick: step(1),
        title: "The next difference (→)",
      },
      "▶",
    ),
    make("span", { class: "count", id: "position" }, whereInRows(now, rows)),
    make("output", { id: "where", for: "slider", title: says }, says),
  );
}
const whereInRows = (now, rows) =>
  now >= 0 ? `${now + 1} of ${rows.length}` : rows.length ? `${rows.length}, repeats once` : "no difference";
const compareLegend = () =>
  make(
    "div",
    { class: "legend" },
    make("i", { class: "only_a" }),
    "−A only in A",
    make("i", { class: "only_b" }),
    "+B only in B",
    make("i", { class: "changed" }),
    "~ changed",
    make("i", { class: "step" }),
    "≠ another step",
  );
