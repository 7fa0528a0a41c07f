// All that is known of one node, on one card; of no node, what happens now.
const row = (name, ...value) => value.flat().some((v) => v !== "" && v !== null) ? [make("dt", {}, name), make("dd", {}, ...value)] : [];
const joinLinks = (ids) => ids.flatMap((id, i) => [i ? ", " : "", nodes[id] ? nodeLink(id) : `%${id}`]);
const changeLink = (c) => link(turns[c.turn].pass.replaceAll("_", " ") + ", " + (c.number - turns[c.turn].first + 1),
  () => go({pass: c.turn, at: c.number - turns[c.turn].first + 1}), "Show this rewrite");

// Ancestors and what was made of it, through every pass: by what each rewrite matched and made.
function story(id) {
  const items = [];
  if (id < raw.traced) items.push(["traced with the model"]);
  for (const [c, part] of eventsOf[id]) {
    if (part === "made" && c.kind === "differentiated") items.push(["made by ", changeLink(c), ": ", c.rule, " of ", nodeLink(c.matched[0])]);
    else if (part === "made") items.push(["made by ", changeLink(c), " of ", ...joinLinks(c.matched)]);
    else if (part === "reads") items.push(["reads ", nodeLink(c.by), " for ", nodeLink(c.matched[0]), " since ", changeLink(c)]);
    else if (c.kind === "replaced") items.push([nodeLink(c.by), " took its place in ", changeLink(c)]);
    else if (c.kind === "erased") items.push(["erased in ", changeLink(c), ": nothing read it"]);
    else if (c.kind === "grouped") items.push(["joined ", many(c.matched.length - 1, "other"), " in one step in ", changeLink(c)]);
    else if (c.kind === "differentiated") items.push(["differentiated in ", changeLink(c), ", which made ", many(c.made.length, "node")]);
    else items.push(["no longer updated since ", changeLink(c)]);
  }
  return make("ol", {}, items.map((item) => make("li", {}, ...item)));
}
function ancestors(id) {
  const found = [], seen = new Set([id]);
  let now = [id];
  while (now.length && found.length < 12) {
    const next = [];
    for (const n of now) {
      const from = [...nodes[n].origin, ...eventsOf[n].filter(([, part]) => part === "made").flatMap(([c]) => c.matched)];
      for (const o of from) if (nodes[o] && !seen.has(o)) seen.add(o), next.push(o), found.push(o);
    }
    now = next;
  }
  return found;
}
// The line of the user's program: its own, or that of the node it descends from.
function lineFor(id) {
  const from = [id, ...ancestors(id)].find((n) => nodes[n].line);
  return from === undefined ? [] : [make("code", {}, `${nodes[from].file}:${nodes[from].line}`), from === id ? "" : [" (of ", nodeLink(from), ")"]].flat();
}

function card(id, now) {
  const n = nodes[id], operands = now.stand.operands[id], step = stepOf.get(id), life = lifeOf.get(id);
  const readers = now.stand.readers()[id], here = now.stand.alive[id];
  const results = [...now.stand.outputs].filter(([, v]) => v === id).map(([name]) => `output ${name}`)
    .concat([...now.stand.updates].filter(([, v]) => v === id).map(([state]) => `next ${nameOf(state)}`));
  const same = (raw.drawn_as ? alike[raw.drawn_as[id]] : []).filter((o) => o !== id);
  const refused = refusals.filter((r) => r.candidate === id || r.producer === id);
  return [
    make("h2", {id: "card"}, n.op ? `%${id} ${n.op[0]}` : nameOf(id)),
    make("code", {}, lineOf(id, operands)), make("p", {class: "note"}, here ? "" : "not in the graph at this point"),
    make("dl", {}, row("type", make("code", {}, n.type)), row("your line", ...lineFor(id)), row("module", n.module),
      row("made for", n.phase === "forward" ? "the forward pass" : n.phase === "gradient" ? "a gradient" : "an update"),
      row("reads", ...joinLinks(operands.filter((o) => !isNumber(o)))), row("read by", ...joinLinks(readers)), row("is", results.join(", ")),
      row("the same in", ...joinLinks(same.slice(0, 12)), same.length > 12 ? `, and ${same.length - 12} more` : "")),
    n.op ? [make("h3", {}, "Mathematics"), make("code", {class: "equation"}, n.op[2]),
      make("p", {class: "note"}, "its derivative:"), make("code", {class: "equation"}, n.op[3] || "none")] : [],
    make("h3", {}, "Life"), story(id),
    row("of", ...joinLinks(ancestors(id))).length ? make("p", {}, "descends from ", ...joinLinks(ancestors(id))) : [],
    make("h3", {}, "Cost"),
    make("dl", {}, row("operations", count(n.flops)), row("bytes moved", bytes(n.bytes)), !step ? row("step", "none: it is not in the compiled program") : [
      row("step", `${step.number}: ${step.what}`, step.once ? " (once, when loaded)" : ""), row("runs with", ...joinLinks(step.nodes.filter((o) => o !== id))),
      row("kernel", step.kernel), row("why", step.reason), row("predicted", step.ns ? `${time(step.ns)} for the step` : ""),
      step.measured ? [row("measured", `${time(step.measured.us * 1e3)}, ${(100 * step.measured.share).toFixed(1)} % of the run`),
        row("its limit", `${time(step.measured.limit * 1e3)}, by ${step.measured.bound === "compute" ? "arithmetic" : step.measured.level}`)] : []]),
    make("h3", {}, "Error against the reference"), errorOf(id),
    make("h3", {}, "Memory"),
    life ? make("dl", {}, row("buffer", `${bytes(life.bytes)} at offset ${life.offset}`), row("lives", `from step ${life.first} to ${life.last}`),
      row("", link("show in the arena", () => go({view: "memory"})))) :
      make("p", {}, n.leaf === "state" || n.leaf === "input" ? "the caller's own memory" : step ? "no buffer of its own: it stays in cache, or looks at another's" : "none"),
    refused.length ? [make("h3", {}, "Why not?"), ...refused.map((r) => make("p", {}, make("b", {}, r.pass.replaceAll("_", " ")), ` did not ${r.rule}: ${r.reason}`,
      r.suggestion ? [make("br"), make("span", {class: "note"}, "what would help: " + r.suggestion)] : []))] : []
  ];
}

const errors = new Map(raw.errors.nodes.map(([id, largest, share]) => [id, {largest, share}]));
function errorOf(id) {
  const error = errors.get(id), at = raw.errors.sizes ? ` Run once at ${raw.errors.sizes}, each against its definition in double.` : " Run once, against its definition in double.";
  if (error) return make("p", {}, error.largest === 0 ? "none: every element is exact." : `at most ${error.largest}, ${error.share} of its largest element.`, make("span", {class: "note"}, at));
  return make("p", {class: "note"}, raw.errors.why_not ? `not run: ${raw.errors.why_not}.` : "not compared: its value is not stored, or it is no number the program makes.");
}

// What happens now, when no node is chosen.
function happening(now) {
  const turn = turns[at.pass], c = now.change;
  if (c) return [make("h2", {}, sentence(c)), make("p", {class: "note"}, whereIs(c)), make("code", {class: "equation"}, c.rule), ...rulePage(c),
    make("h3", {}, c.kind === "grouped" ? "Joined" : c.kind === "differentiated" ? "Of" : "Matched"), ...lineList(c.matched, now.before, c.kind === "grouped" || c.kind === "differentiated" ? "joined" : "gone"),
    c.made.length ? [make("h3", {}, "Made"), ...lineList(c.made, now.stand, "made")]
      : c.by >= 0 ? [make("h3", {}, "In its place"), ...lineList([c.by], now.stand, "made")] : [],
    c.file ? make("p", {class: "note"}, "done by ", make("code", {}, `${c.file}:${c.line}`)) : []].flat();
  const kinds = new Map();
  for (let i = 0; i < turn.count; ++i) {
    const one = changes[turn.first + i], known = kinds.get(one.rule) || [one, 0];
    kinds.set(one.rule, [known[0], known[1] + 1]);
  }
  const guide = turn.pass !== "traced" ? [] : [make("h3", {}, "How to read this page"), make("ul", {}, [
    "A box is an operation, with its type below; an arrow is a tensor. Grey boxes are parameters, dark ones inputs; a frame is a module.",
    "The buttons above are the compiler's passes, in order, with what each changed. ↓ goes to the next.",
    "Inside a pass, ▶ or → goes from rewrite to rewrite: what is taken out is orange and dashed, what is made is green. Nothing else moves.",
    "Choose a box for all that is known of it: its line in your program, its derivative, its life, cost and memory.",
    "Learn lets you guess each rewrite before you see it."].map((line) => make("li", {}, line)))];
  const refused = refusals.filter((r) => r.pass === turn.pass).length;
  return [make("h2", {}, turn.pass.replaceAll("_", " ")), turn.equation ? make("code", {class: "equation"}, turn.equation) : make("p", {}, STAGES[turn.pass] || ""),
    make("p", {class: "note"}, {exact: "It promises the same bits.", reorders: "It keeps the mathematics and may round otherwise.",
      lossy: "It is off by no more than its stated metric.", changes: "It changes the meaning, on purpose.", stage: ""}[turn.contract]),
    make("dl", {}, row("nodes", String(turn.nodes)), row("arena", `${bytes(turn.arena)}; no plan of these steps needs less than ${bytes(turn.bound)}`),
      row("predicted", `${time(turn.ns)} in ${many(turn.steps, "step")}, on one core`)),
    kinds.size ? [make("h3", {}, "What it did"), make("ul", {}, [...kinds].slice(0, 30).map(([rule, [one, times]]) =>
      make("li", {}, link(`${times} × ${rule}`, () => go({at: one.number - turn.first + 1})))))] : [],
    refused ? make("p", {}, link(`It turned down ${many(refused, "candidate")}: why not?`, () => { whyFilter = turn.pass; go({view: "why"}); })) : [],
    ...guide, turn.pass === "traced" ? "" : make("p", {class: "note"}, "Step through the rewrites with ▶ or the arrow keys; choose a node to see all that is known of it.")].flat();
}
const lineList = (ids, stand, look) => [make("ul", {class: "lines"}, ids.slice(0, 60).map((id) => make("li", {}, make("button", {type: "button",
  class: "mono " + look, onclick: () => go({node: id})}, lineOf(id, stand.operands[id]))))), ids.length > 60 ? `and ${ids.length - 60} more` : ""];
// Of a repeated block, which one.
const whereIs = (c) => [...new Set(c.matched.map((id) => nodes[id].module || (nodes[id].family >= 0 ? raw.families[nodes[id].family] : "")))].filter(Boolean).slice(0, 4).join(", ");
const rulePage = (c) => c.page ? [make("p", {}, words(c.page[0])), make("p", {}, make("b", {}, "Legal if "), words(c.page[1]) + ".")]
  : [make("p", {class: "note"}, turns[c.turn].equation || "")];
