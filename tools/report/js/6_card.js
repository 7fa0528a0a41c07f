// All that is known of one node, on one card; of no node, what happens now.
const row = (name, ...value) =>
  value.flat().some((v) => v !== "" && v !== null) ? [make("dt", {}, name), make("dd", {}, ...value)] : [];
const joinLinks = (ids) => ids.flatMap((id, i) => [i ? ", " : "", nodes[id] ? nodeLink(id) : `%${id}`]);
const changeLink = (c) =>
  link(
    turns[c.turn].pass.replaceAll("_", " ") + ", " + (c.number - turns[c.turn].first + 1),
    () => go({ pass: c.turn, at: c.number - turns[c.turn].first + 1 }),
    "Show this rewrite",
  );

// Ancestors and what was made of it, through every pass: by what each rewrite matched and made.
function story(id) {
  const items = [];
  if (id < raw.traced) items.push(["traced with the model"]);
  for (const [c, part] of eventsOf[id]) {
    if (part === "made" && c.kind === "differentiated")
      items.push(["made by ", changeLink(c), ": ", c.rule, " of ", nodeLink(c.matched[0])]);
    else if (part === "made") items.push(["made by ", changeLink(c), " of ", ...joinLinks(c.matched)]);
    else if (part === "reads")
      items.push(["reads ", nodeLink(c.by), " for ", nodeLink(c.matched[0]), " since ", changeLink(c)]);
    else if (c.kind === "replaced") items.push([nodeLink(c.by), " took its place in ", changeLink(c)]);
    else if (c.kind === "erased") items.push(["erased in ", changeLink(c), ": nothing read it"]);
    else if (c.kind === "grouped")
      items.push(["joined ", many(c.matched.length - 1, "other"), " in one step in ", changeLink(c)]);
    else if (c.kind === "differentiated")
      items.push(["differentiated in ", changeLink(c), ", which made ", many(c.made.length, "node")]);
    else items.push(["no longer updated since ", changeLink(c)]);
  }
  return make(
    "ol",
    {},
    items.map((item) => make("li", {}, ...item)),
  );
}
function ancestors(id) {
  const found = [],
    seen = new Set([id]);
  let now = [id];
  while (now.length && found.length < 12) {
    const next = [];
    for (const n of now) {
      const from = [
        ...nodes[n].origin,
        ...eventsOf[n].filter(([, part]) => part === "made").flatMap(([c]) => c.matched),
      ];
      for (const o of from) if (nodes[o] && !seen.has(o)) (seen.add(o), next.push(o), found.push(o));
    }
    now = next;
  }
  return found;
}
// The line of the user's program: its own, or that of the node it descends from.
function lineFor(id) {
  const from = [id, ...ancestors(id)].find((n) => nodes[n].line);
  return from === undefined
    ? []
    : [
        make("code", {}, `${nodes[from].file}:${nodes[from].line}`),
        from === id ? "" : [" (of ", nodeLink(from), ")"],
      ].flat();
}

function card(id, now) {
  const n = nodes[id],
    operands = now.stand.operands[id],
    step = stepOf.get(id),
    life = lifeOf.get(id);
  const readers = now.stand.readers()[id],
    here = now.stand.alive[id];
  const results = [...now.stand.outputs]
    .filter(([, v]) => v === id)
    .map(([name]) => `output ${name}`)
    .concat([...now.stand.updates].filter(([, v]) => v === id).map(([state]) => `next ${nameOf(state)}`));
  const same = (raw.drawn_as ? alike[raw.drawn_as[id]] : []).filter((o) => o !== id);
  const refused = refusals.filter((r) => r.candidate === id || r.producer === id);
  return [
    make("h2", { id: "card" }, n.op ? `%${id} ${n.op[0]}` : nameOf(id)),
    make("code", {}, lineOf(id, operands)),
    make("p", { class: "note" }, here ? "" : "not in the graph at this point"),
    make(
      "dl",
      {},
      row("type", make("code", {}, n.type)),
      row("your line", ...lineFor(id)),
      row("module", n.module),
      row("made for", n.phase === "forward" ? "the forward pass" : n.phase === "gradient" ? "a gradient" : "an update"),
      row("reads", ...joinLinks(operands.filter((o) => !isNumber(o)))),
      row("read by", ...joinLinks(readers)),
      row("is", results.join(", ")),
      against && differencesAt(at.pass).nodes.some((d) => d.at === id)
        ? row(
            "beside B",
            link("it differs", () => go({ view: "compare", node: id })),
          )
        : [],
      row("the same in", ...joinLinks(same.slice(0, 12)), same.length > 12 ? `, and ${same.length - 12} more` : ""),
    ),
    n.op
      ? [
          make("h3", {}, "Mathematics"),
          make("code", { class: "equation" }, n.op[2]),
          make("p", { class: "note" }, "its derivative:"),
          make("code", { class: "equation" }, n.op[3] || "none"),
        ]
      : [],
    make("h3", {}, "Life"),
    story(id),
    row("of", ...joinLinks(ancestors(id))).length ? make("p", {}, "descends from ", ...joinLinks(ancestors(id))) : [],
    make("h3", {}, "Cost"),
    make(
      "dl",
      {},
      row("operations", count(n.flops)),
      row("bytes moved", bytes(n.bytes)),
      !step
        ? row("step", "none: it is not in the compiled program")
        : [
            row("step", `${step.number}: ${step.what}`, step.once ? " (once, when loaded)" : ""),
            row("runs with", ...joinLinks(step.nodes.filter((o) => o !== id))),
            row("kernel", step.kernel),
            row("why", step.reason),
            row("predicted", step.ns ? `${time(step.ns)} for the step` : ""),
            step.measured
              ? [
                  row(
                    "measured",
                    `${time(step.measured.us * 1e3)}, ${(100 * step.measured.share).toFixed(1)} % of the run`,
                  ),
                  row(
                    "its limit",
                    `${time(step.measured.limit * 1e3)}, by ${step.measured.bound === "compute" ? "arithmetic" : step.measured.level}`,
                  ),
                ]
              : [],
          ],
    ),
    make("h3", {}, "Error against the reference"),
    errorOf(id),
    make("h3", {}, "Memory"),
    life
      ? make(
          "dl",
          {},
          row("buffer", `${bytes(life.bytes)} at offset ${life.offset}`),
          row("lives", `from step ${life.first} to ${life.last}`),
          row(
            "",
            link("show in the arena", () => go({ view: "memory" })),
          ),
        )
      : make(
          "p",
          {},
          n.leaf === "state" || n.leaf === "input"
            ? "the caller's own memory"
            : step
              ? "no buffer of its own: it stays in cache, or looks at another's"
              : "none",
        ),
    refused.length
      ? [
          make("h3", {}, "Why not?"),
          ...refused.map((r) =>
            make(
              "p",
              {},
              make("b", {}, r.pass.replaceAll("_", " ")),
              ` did not ${r.rule}: ${r.reason}`,
              r.suggestion ? [make("br"), make("span", { class: "note" }, "what would help: " + r.suggestion)] : [],
            ),
          ),
        ]
      : [],
  ];
}

const errors = new Map(
    raw.errors.nodes.map(([id, largest, share, alone]) => [id, { largest, share, alone: alone === 1 }]),
  ),
  views = new Set(raw.errors.views);
function errorOf(id) {
  const error = errors.get(id),
    note = (...text) => make("p", { class: "note" }, ...text);
  if (!error) return note(...whyNoError(id));
  return [
    make(
      "p",
      {},
      error.largest === 0
        ? "none: every element is exact."
        : error.share < 0
          ? `${many(error.largest, "element")} not the same.`
          : `at most ${error.largest}, ${error.share} of its largest element.`,
    ),
    note(
      `Run once${raw.errors.sizes ? " at " + raw.errors.sizes : ""}, against the definitions of its op and of all before it, in double.`,
      error.alone
        ? " Its step keeps it in cache and stores it nowhere: this is the program that runs every op by itself, which makes the same bits."
        : "",
    ),
  ];
}
function whyNoError(id) {
  const n = nodes[id],
    step = stepOf.get(id);
  if (raw.errors.why_not) return [`not run: ${raw.errors.why_not}.`];
  if (n.leaf) return ["it is given, not computed."];
  if (!turnStands[turns.length].alive[id]) return ["the compiled program does not compute it."];
  if (views.has(id)) return ["a view: the same numbers as ", nodeLink(n.operands[0]), ", read in another way."];
  if (step && step.once) return ["made once, when the program is loaded, which is not measured here."];
  return ["not measured: no step of its own makes it, or at small sizes the passes take another way."];
}
