// What happens now, when no node is chosen.
function happening(now) {
  const turn = turns[at.pass],
    c = now.change;
  if (c)
    return [
      make("h2", {}, sentence(c)),
      make("p", { class: "note" }, whereIs(c)),
      make("code", { class: "equation" }, c.rule),
      ...rulePage(c),
      make("h3", {}, c.kind === "grouped" ? "Joined" : c.kind === "differentiated" ? "Of" : "Matched"),
      ...lineList(c.matched, now.before, c.kind === "grouped" || c.kind === "differentiated" ? "joined" : "gone"),
      c.made.length
        ? [make("h3", {}, "Made"), ...lineList(c.made, now.stand, "made")]
        : c.by >= 0
          ? [make("h3", {}, "In its place"), ...lineList([c.by], now.stand, "made")]
          : [],
      c.file ? make("p", { class: "note" }, "done by ", make("code", {}, `${c.file}:${c.line}`)) : [],
    ].flat();
  const kinds = new Map();
  for (let i = 0; i < turn.count; ++i) {
    const one = changes[turn.first + i],
      rule = one.rule.startsWith("update of ") ? "update of a parameter" : one.rule,
      known = kinds.get(rule) || [one, 0];
    kinds.set(rule, [known[0], known[1] + 1]);
  }
  const guide =
    turn.pass !== "traced"
      ? []
      : [
          make("h3", {}, "How to read this page"),
          make(
            "ul",
            {},
            [
              "A box is an operation, with its type below; an arrow is a tensor. Grey boxes are parameters, violet ones in few bits, dark ones inputs; a frame is a module.",
              "The buttons above are the compiler's passes, in order, with what each changed. ↓ goes to the next.",
              "Inside a pass, ▶ or → goes from rewrite to rewrite: what is taken out is orange and dashed, what is made is green. Nothing else moves.",
              "Choose a box for all that is known of it: its line in your program, its derivative, its life, cost and memory.",
              "Learn lets you guess each rewrite before you see it.",
              ...(against
                ? [`Compare shows where this compilation (A) and another one (B: ${against.what[1]}) differ.`]
                : []),
            ].map((line) => make("li", {}, line)),
          ),
        ];
  const refused = refusals.filter((r) => r.pass === turn.pass).length;
  return [
    make("h2", {}, turn.pass.replaceAll("_", " ")),
    turn.equation ? make("code", { class: "equation" }, turn.equation) : make("p", {}, STAGES[turn.pass] || ""),
    make(
      "p",
      { class: "note" },
      {
        exact: "It promises the same bits.",
        reorders: "It keeps the mathematics and may round otherwise.",
        lossy: "It is off by no more than its stated metric.",
        changes: "It changes the meaning, on purpose.",
        stage: "",
      }[turn.contract],
    ),
    make(
      "dl",
      {},
      row("nodes", String(turn.nodes)),
      row("arena", `${bytes(turn.arena)}; no plan of these steps needs less than ${bytes(turn.bound)}`),
      row("predicted", `${time(turn.ns)} in ${many(turn.steps, "step")}, on one core`),
    ),
    kinds.size
      ? [
          make("h3", {}, "What it did"),
          make(
            "ul",
            {},
            [...kinds].slice(0, 30).map(([rule, [one, times]]) =>
              make(
                "li",
                {},
                link(`${times} × ${rule}`, () => go({ at: one.number - turn.first + 1 })),
              ),
            ),
          ),
        ]
      : [],
    refused
      ? make(
          "p",
          {},
          link(`It turned down ${many(refused, "candidate")}: why not?`, () => {
            whyFilter = turn.pass;
            go({ view: "why" });
          }),
        )
      : [],
    ...guide,
    turn.pass === "traced"
      ? ""
      : make(
          "p",
          { class: "note" },
          "Step through the rewrites with ▶ or the arrow keys; choose a node to see all that is known of it.",
        ),
  ].flat();
}
const lineList = (ids, stand, look) => [
  make(
    "ul",
    { class: "lines" },
    ids
      .slice(0, 60)
      .map((id) =>
        make(
          "li",
          {},
          make(
            "button",
            { type: "button", class: "mono " + look, onclick: () => go({ node: id }) },
            lineOf(id, stand.operands[id]),
          ),
        ),
      ),
  ),
  ids.length > 60 ? `and ${ids.length - 60} more` : "",
];
// Of a repeated block, which one.
const whereIs = (c) =>
  [...new Set(c.matched.map((id) => nodes[id].module || (nodes[id].family >= 0 ? raw.families[nodes[id].family] : "")))]
    .filter(Boolean)
    .slice(0, 4)
    .join(", ");
const rulePage = (c) =>
  c.page
    ? [make("p", {}, words(c.page[0])), make("p", {}, make("b", {}, "Legal if "), words(c.page[1]) + ".")]
    : [make("p", { class: "note" }, turns[c.turn].equation || "")];
