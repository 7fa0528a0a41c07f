// The record of the compilation, and what the graph was at any of its changes.
const raw = JSON.parse(document.getElementById("data").textContent);
const words = (number) => raw.strings[number];
const PHASES = ["forward", "gradient", "update"],
  LEAVES = ["", "input", "state", "constant"];
const KINDS = ["replaced", "erased", "kept", "grouped", "differentiated"];

const nodes = raw.nodes.map(
  (n, id) =>
    n && {
      id,
      leaf: LEAVES[n[0]],
      op: n[1] < 0 ? null : raw.ops[n[1]],
      title: words(n[2]),
      name: words(n[3]),
      type: words(n[4]),
      phase: PHASES[n[5]],
      module: words(n[6]),
      file: words(n[7]),
      line: n[8],
      operands: n[9],
      origin: n[10],
      attributes: words(n[11]),
      flops: n[12],
      bytes: n[13],
      family: n[14],
      drawn: n[15] === 1,
      group: n[16],
      there: n.length > 17 ? n[17] : null, // its id in the compilation that this one is compared with, which only that has
    },
);
const changes = raw.changes.map((c, number) => ({
  number,
  kind: KINDS[c[0]],
  rule: words(c[1]),
  page: raw.rules[c[1]],
  file: words(c[2]),
  line: c[3],
  matched: c[4],
  made: c[5],
  by: c[6],
  turn: 0,
}));
const turns = raw.turns.map((t, number) => ({
  number,
  pass: words(t[0]),
  round: t[1],
  first: t[2],
  count: t[3],
  nodes: t[4],
  arena: t[5],
  bound: t[6],
  steps: t[7],
  ns: t[8],
  contract: words(t[9]),
  equation: words(t[10]),
}));
for (const turn of turns) for (let i = 0; i < turn.count; ++i) changes[turn.first + i].turn = turn.number;
const refusals = raw.refusals.map((r, number) => ({
  number,
  pass: words(r[0]),
  rule: words(r[1]),
  page: raw.rules[r[1]],
  file: words(r[2]),
  line: r[3],
  candidate: r[4],
  producer: r[5],
  consumer: r[6],
  reason: words(r[7]),
  suggestion: words(r[8]),
  saves: 0,
}));
const steps = raw.plan.steps.map((s, number) => ({
  number,
  nodes: s[0],
  what: words(s[1]),
  kernel: words(s[2]),
  reason: words(s[3]),
  ns: s[4],
  flops: s[5],
  read: s[6],
  written: s[7],
  once: s[8] === 1,
  kind: words(s[9]),
  measured: null,
}));
const lives = raw.plan.lives.map(([node, workspace, offset, bytes, first, last]) => ({
  node,
  workspace: workspace === 1,
  offset,
  bytes,
  first,
  last,
}));
const stepOf = new Map(),
  lifeOf = new Map();
for (const step of steps) for (const id of step.nodes) if (!stepOf.has(id) || !step.once) stepOf.set(id, step);
for (const life of lives) if (!life.workspace) lifeOf.set(life.node, life);
if (raw.profile) {
  for (const [step, us, share, limit, bound, level] of raw.profile.steps)
    steps[step].measured = { us, share, limit, bound, level };
  for (const [producer, consumer, reason, us] of raw.profile.saves)
    for (const r of refusals)
      if (r.producer === producer && r.consumer === consumer && r.reason === reason) r.saves = us;
}

// The other compilation, if there is one. What differs was computed when the page was written: it is only shown here.
const DIFFERS = ["only_a", "only_b", "changed", "step"];
const against = raw.against && {
  what: raw.against.what,
  turns: raw.against.turns.map(([pass, round, count, nodes, arena, bound, steps, ns]) => ({
    pass: words(pass),
    round,
    count,
    nodes,
    arena,
    bound,
    steps,
    ns,
  })),
  points: raw.against.points.map(([turn, differences]) => ({ turn, differences })),
  differences: raw.against.differences.map(([same, remains, list, results]) => ({
    same,
    remains,
    nodes: list.map(([kind, at, there, differs, found, line, reads, group]) => ({
      kind: DIFFERS[kind],
      at,
      there,
      differs: words(differs),
      found: words(found),
      line: words(line),
      reads,
      group,
    })),
    results: results.map(([name, update, a, b]) => ({ name: words(name), update, a: words(a), b: words(b) })),
  })),
  rules: raw.against.rules.map(([pass, rule, a, b]) => ({ pass: words(pass), rule: words(rule), a, b })),
  onlyA: raw.against.only_a,
  onlyB: raw.against.only_b.map(([pass, rule, file, line, matched, made]) => ({
    pass: words(pass),
    rule: words(rule),
    place: `${words(file)}:${line}`,
    matched: matched.map(words),
    made: made.map(words),
  })),
  births: new Map(raw.against.births.map(([id, pass, rule]) => [id, { pass: words(pass), rule: words(rule) }])),
};

const isNumber = (id) => nodes[id].leaf === "constant" && !nodes[id].drawn;
const nameOf = (id) =>
  nodes[id].there !== null && !isNumber(id) && (nodes[id].op || nodes[id].leaf === "constant")
    ? "B%" + nodes[id].there
    : nodes[id].op
      ? "%" + id
      : nodes[id].leaf === "constant"
        ? isNumber(id)
          ? nodes[id].name
          : "%" + id
        : nodes[id].name;
function lineOf(id, operands) {
  const n = nodes[id];
  if (!n.op) return `${n.leaf} ${n.leaf === "constant" ? "%" + id + " = [" + n.name + "]" : n.name} : ${n.type}`;
  return `${nameOf(id)} = ${n.op[0]}(${operands.map(nameOf).join(", ")})${n.attributes ? ` {${n.attributes}}` : ""} : ${n.type}`;
}

// The graph, played forward change by change. Lists of operands are never changed in place, so a copy is cheap.
class Stand {
  constructor(other) {
    this.done = other ? other.done : 0;
    this.alive = other ? other.alive.slice() : nodes.map((n, id) => n !== null && id < raw.traced);
    this.operands = other ? other.operands.slice() : nodes.map((n) => (n ? n.operands : []));
    this.group = other ? other.group.slice() : nodes.map((n) => (n ? n.group : 0));
    this.outputs = new Map(other ? other.outputs : raw.outputs);
    this.updates = new Map(other ? other.updates : raw.updates);
  }
  apply(change, told) {
    for (const id of change.made) this.alive[id] = true;
    const [first] = change.matched;
    if (change.kind === "erased") {
      this.alive[first] = false;
      this.group[first] = 0;
    }
    if (change.kind === "kept") this.updates.delete(first);
    if (change.kind === "grouped") {
      const next = this.group.reduce((most, g) => Math.max(most, g), 0) + 1;
      for (const id of change.matched) this.group[id] = next;
    }
    if (change.kind === "replaced") this.replace(first, change, told);
    const turn = turns[change.turn];
    if (change.kind === "differentiated" && change.number === turn.first + turn.count - 1)
      for (const [state, next] of raw.learned) this.updates.set(state, next);
    ++this.done;
  }
  replace(first, { by, made }, told) {
    const touched = new Set([this.group[first]]);
    this.operands.forEach((list, id) => {
      if (!this.alive[id] || !list.includes(first)) return;
      if (this.group[id]) touched.add(this.group[id]);
      if (made.includes(id)) return;
      this.operands[id] = list.map((o) => (o === first ? by : o));
      if (told) told(id);
    });
    touched.delete(0);
    if (touched.size) this.group = this.group.map((g) => (touched.has(g) ? 0 : g));
    for (const [name, id] of this.outputs) if (id === first) this.outputs.set(name, by);
    for (const [state, id] of this.updates) if (id === first) this.updates.set(state, by);
  }
  readers() {
    const made = nodes.map(() => []);
    this.operands.forEach((list, id) => {
      if (this.alive[id]) for (const o of new Set(list)) made[o].push(id);
    });
    return made;
  }
  results() {
    return new Set([...this.outputs.values(), ...this.updates.values()]);
  }
}

// What happened to each node, told once from beginning to end; and the graph at the beginning of each turn.
const eventsOf = nodes.map(() => []),
  turnStands = [];
{
  const stand = new Stand();
  for (const turn of turns) {
    turnStands.push(new Stand(stand));
    for (let i = 0; i < turn.count; ++i) {
      const change = changes[turn.first + i];
      for (const id of change.matched) eventsOf[id].push([change, "matched"]);
      for (const id of change.made) eventsOf[id].push([change, "made"]);
      stand.apply(change, (id) => eventsOf[id].push([change, "reads"]));
    }
  }
  turnStands.push(stand);
}
function standAt(done, turn) {
  let begin = turn;
  while (begin > 0 && turnStands[begin].done > done) --begin;
  const stand = new Stand(turnStands[begin]);
  while (stand.done < done) stand.apply(changes[stand.done]);
  return stand;
}
