// Beside the map: what is compared, by how much they differ, and every difference; of a chosen one all that is known.
function compareSide(now) {
  const d = at.node === null ? null : now.marks.get(at.node);
  if (d) return differenceCard(d, now);
  if (at.node !== null)
    return [
      link("← all differences", () => go({ node: null })),
      make("p", { class: "note" }, now.stand.alive[at.node] ? "The same in both." : "In neither at this point."),
      ...card(at.node, now),
    ];
  const turn = turns[at.pass],
    other = otherTurn(),
    differences = differencesAt(at.pass);
  const number = (name, a, b, text) => [
    make(
      "tr",
      {},
      make("th", { scope: "row" }, name),
      ...[a, b].map((v) => make("td", { class: "number" }, text(v))),
      make("td", { class: "number" }, a === b ? "=" : change("", b, a, text)),
    ),
  ];
  return [
    make("h2", {}, "Where A and B differ"),
    make(
      "dl",
      {},
      row("A", against.what[0]),
      row("B", against.what[1]),
      row(
        "seen after",
        make("b", {}, turn.pass.replaceAll("_", " ")),
        other.pass === turn.pass
          ? " in both"
          : [" in A, after ", make("b", {}, other.pass.replaceAll("_", " ")), " in B"],
      ),
    ),
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...["", "A", "B", "B − A"].map((t) => make("th", { class: "number" }, t)))),
      make(
        "tbody",
        {},
        number("nodes", turn.nodes, other.nodes, String),
        number("arena", turn.arena, other.arena, bytes),
        number("predicted", turn.ns, other.ns, time),
        number("steps", turn.steps, other.steps, String),
      ),
    ),
    make(
      "p",
      {},
      link("Pass by pass, and which rewrites only one made", () => go({ view: "passes" })),
    ),
    make("h3", {}, "Differences"),
    make("p", { role: "status", id: "differing" }, countsOf(differences)),
    differences.results.length
      ? make(
          "details",
          { open: differences.results.length < 4 },
          make("summary", {}, `${many(differences.results.length, "result")} of the graph by other nodes`),
          make(
            "ul",
            {},
            differences.results.map((r) =>
              make(
                "li",
                {},
                `${r.update ? "the next value of" : "output"} ${r.name}: ` +
                  `${r.a || "not there"} in A, ${r.b || "not there"} in B`,
              ),
            ),
          ),
        )
      : [],
    rowList(rowsOf(differences), now.stand),
  ];
}
function countsOf({ nodes: list, same, remains }) {
  const of = (kind) => list.filter((d) => d.kind === kind).length;
  return (
    [
      `${many(same, "node")} the same`,
      of("only_a") ? `${of("only_a")} only in A (−)` : "",
      of("only_b") ? `${of("only_b")} only in B (+)` : "",
      of("changed") ? `${of("changed")} changed (~)` : "",
      of("step") ? `${of("step")} the same but for what they run with (≠)` : "",
      remains ? `${remains} that nothing reads, not removed yet` : "",
    ]
      .filter(Boolean)
      .join(", ") + "."
  );
}
const MOST_ROWS = 150;
let allRows = false;
function rowList(rows, stand) {
  const shown = allRows ? rows : rows.slice(0, MOST_ROWS);
  let module = null;
  const items = shown.flatMap((row) => {
    const [d] = row.nodes,
      times = row.nodes.length / row.each,
      here = nodes[d.at].module || "outside of modules";
    const head = here === module ? [] : [make("li", { class: "module" }, here)];
    module = here;
    return [
      ...head,
      make(
        "li",
        {},
        make(
          "button",
          {
            type: "button",
            class: `mono ${row.kind}`,
            "data-difference": d.at,
            onclick: () => lookAt(d.at),
          },
          rowSays(row, stand).join("\n"),
          make("small", {}, [d.differs, times > 1 ? `× ${times}` : ""].filter(Boolean).join(" · ")),
        ),
      ),
    ];
  });
  return [
    make("ul", { class: "lines differences" }, items),
    rows.length > shown.length
      ? link(`${rows.length - shown.length} more`, () => {
          allRows = true;
          go({});
        })
      : null,
  ];
}

const DIFFERS_IN = {
  op: "it is another op",
  attributes: "the op is the same, its attributes are not",
  type: "its type is another",
  operands: "it reads nodes that are not each other's partners",
  value: "its numbers are others",
  name: "its name is another",
  step: "it runs as one step with other nodes",
};
const FOUND_BY = {
  structure: "by structural hash: op, attributes, type, and the same of all that they are made of",
  ancestry: "by ancestry: both were made of one node of the common beginning",
  operands: "the same op on operands that are partners",
  users: "what reads them are partners",
  neighbours: "what they read and who reads them are mostly partners",
  place: "the same op on the same line of the same module",
};
function differenceCard(d, now) {
  const rows = rowsOf(differencesAt(at.pass)),
    mine = rows[rowOf(d.at)],
    n = nodes[d.at];
  const others = mine.nodes.map((o) => o.at).filter((id) => id !== d.at);
  const inB = d.there >= 0 && d.kind !== "only_a";
  return [
    link("← all differences", () => go({ node: null })),
    make("h2", { id: "card" }, `${n.op ? nameOf(d.at) + " " + n.op[0] : nameOf(d.at)}: ${SAYS[d.kind]}`),
    make("h3", {}, "In A"),
    d.kind === "only_b" ? make("p", { class: "note" }, "not there") : make("code", { class: "only_a" }, lineInA(d.at)),
    make("h3", {}, "In B"),
    inB ? make("code", { class: "only_b" }, d.line) : make("p", { class: "note" }, "not there"),
    d.differs
      ? [
          make("h3", {}, "What differs"),
          make(
            "ul",
            {},
            d.differs.split(", ").map((word) => make("li", {}, make("b", {}, word), ": " + DIFFERS_IN[word])),
          ),
          make(
            "p",
            { class: "note" },
            "The two are partners: ",
            n.leaf === "input" || n.leaf === "state" ? "by name, as inputs and states are" : FOUND_BY[d.found],
            ".",
          ),
        ]
      : [],
    make("h3", {}, "How it came about"),
    howInA(d),
    howInB(d),
    make(
      "dl",
      {},
      row("your line", ...lineFor(d.at)),
      row("module", n.module),
      row(
        "the same for",
        ...joinLinks(others.slice(0, 12)),
        others.length > 12 ? `, and ${others.length - 12} more` : "",
      ),
    ),
    n.op ? [make("h3", {}, "Mathematics"), make("code", { class: "equation" }, n.op[2])] : [],
    n.there === null && now.stand.alive[d.at]
      ? make(
          "p",
          {},
          link("All that A knows of it", () => go({ view: "map", node: d.at })),
        )
      : [],
  ];
}
function howInA(d) {
  if (nodes[d.at].there !== null) return make("p", {}, "A never made it.");
  const told = eventsOf[d.at].filter(([c]) => c.number < turns[at.pass].first + turns[at.pass].count);
  return make(
    "div",
    {},
    make("p", {}, make("b", {}, "A: "), told.length ? "" : "nothing changed it."),
    told.length ? story(d.at) : [],
  );
}
function howInB(d) {
  if (d.kind === "only_a") return make("p", {}, make("b", {}, "B: "), "does not have it at this point.");
  const birth = against.births.get(d.there),
    there = nodes[d.at].op ? `%${d.there}` : nameOf(d.at);
  return make(
    "p",
    {},
    make("b", {}, "B: "),
    birth
      ? [there, ", made by ", make("b", {}, birth.pass.replaceAll("_", " ")), ": ", make("code", {}, birth.rule)]
      : [there, ", as it was traced with the model."],
  );
}
