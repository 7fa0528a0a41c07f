// The two compilations pass by pass: nodes, bytes, predicted time, how often each rule fired, and the rewrites that only
// one made.
function passesPage() {
  const pair = (a, b, text) => [
    make("td", { class: "number" }, a === null ? "" : text(a)),
    make("td", { class: "number" }, b === null ? "" : text(b)),
    make("td", { class: "number" }, a === null || b === null || a === b ? "" : change("", b, a, text)),
  ];
  const used = new Set(
    against.points.filter((p, i) => against.turns[p.turn].pass === turns[i].pass).map((p) => p.turn),
  );
  const lines = [];
  let there = 0;
  for (const turn of turns) {
    const point = pointOf(turn),
      b = against.turns[point.turn],
      same = b.pass === turn.pass;
    for (; there < point.turn; ++there) if (!used.has(there)) lines.push([null, against.turns[there], null]);
    there = Math.max(there, same ? point.turn + 1 : there);
    lines.push([turn, b, against.differences[point.differences], same]);
  }
  const stirs = ([a, b, , same]) =>
    (a && (a.count || a.pass in STAGES)) || (b && (same || !a) && b.count > 0) || (a && a.number === turns.length - 1);
  const rows = lines
    .filter(stirs)
    .map(([a, b, differences, same]) =>
      make(
        "tr",
        {},
        make(
          "th",
          { scope: "row" },
          a
            ? link(a.pass.replaceAll("_", " ") + (a.round > 1 ? ` (round ${a.round})` : ""), () =>
                go({ view: "compare", pass: a.number, node: null }),
              )
            : `${b.pass.replaceAll("_", " ")}, in B only`,
          a && !same ? make("small", { class: "note" }, " not run in B") : null,
        ),
        ...pair(a ? a.nodes : null, b.nodes, String),
        ...pair(a ? a.arena : null, b.arena, bytes),
        ...pair(a ? a.ns : null, b.ns, time),
        make("td", { class: "number" }, a ? String(a.count) : ""),
        make("td", { class: "number" }, a && !same ? "" : String(b.count)),
        make(
          "td",
          { class: "number" },
          differences ? String(differences.nodes.length + differences.results.length) : "",
        ),
      ),
    );
  const head = (text, span) => make("th", { class: "number", colspan: span, scope: "col" }, text);
  const other = against.rules.filter((r) => r.a !== r.b),
    equal = against.rules.length - other.length;
  return make(
    "div",
    { class: "page" },
    make("h2", {}, "A and B, pass by pass"),
    make("dl", { class: "sides" }, row("A", against.what[0]), row("B", against.what[1])),
    make(
      "p",
      { class: "note" },
      "What stood at the end of each pass. Passes that changed nothing in either are left out.",
    ),
    make(
      "div",
      { class: "wide" },
      make(
        "table",
        { id: "passes" },
        make(
          "thead",
          {},
          make(
            "tr",
            {},
            make("th", {}, ""),
            head("nodes", 3),
            head("arena", 3),
            head("predicted", 3),
            head("rewrites", 2),
            head("differences", 1),
          ),
          make(
            "tr",
            {},
            make("th", { scope: "col" }, "after"),
            ...["A", "B", "B − A", "A", "B", "B − A", "A", "B", "B − A", "A", "B", ""].map((t) => head(t, 1)),
          ),
        ),
        make("tbody", {}, rows),
      ),
    ),
    make("h2", {}, "Rules that fired another number of times"),
    other.length
      ? make(
          "table",
          { class: "rules" },
          make("thead", {}, make("tr", {}, make("th", {}, "pass: rule"), head("in A", 1), head("in B", 1))),
          make(
            "tbody",
            {},
            other.map((r) =>
              make(
                "tr",
                {},
                make("td", {}, make("b", {}, r.pass.replaceAll("_", " ")), ": ", make("code", {}, r.rule)),
                make("td", { class: "number" }, String(r.a)),
                make("td", { class: "number" }, String(r.b)),
              ),
            ),
          ),
        )
      : make("p", {}, "None."),
    equal ? make("p", { class: "note" }, `${many(equal, "other rule")} fired as often in both.`) : null,
    make("h2", { id: "only-a" }, `Rewrites that only A made: ${against.onlyA.length}`),
    byRule(
      against.onlyA.map((number) => ({ ...changes[number], pass: turns[changes[number].turn].pass })),
      (c) => [
        changeLink(c),
        ": ",
        sentence(c),
        whereIs(c) ? make("span", { class: "note" }, ` in ${whereIs(c)}`) : null,
      ],
    ),
    make("h2", { id: "only-b" }, `Rewrites that only B made: ${against.onlyB.length}`),
    byRule(against.onlyB, (r) =>
      make("pre", { class: "mono" }, [...r.matched.map((l) => "- " + l), ...r.made.map((l) => "+ " + l)].join("\n")),
    ),
  );
}
// One heading for each rule, opened for what it did: hundreds of rewrites are few rules.
function byRule(list, tell) {
  const rules = new Map();
  for (const one of list) {
    const key = one.pass.replaceAll("_", " ") + ": " + one.rule;
    rules.set(key, [...(rules.get(key) || []), one]);
  }
  if (!rules.size) return make("p", {}, "None.");
  return [...rules].map(([rule, of]) => {
    const body = make("ul", {});
    const details = make("details", {}, make("summary", {}, `${of.length} × ${rule}`), body);
    details.addEventListener("toggle", () => {
      if (!body.firstChild)
        fill(
          body,
          of.map((one) => make("li", {}, tell(one))),
        );
    });
    return details;
  });
}
