// Why not? Every candidate that was turned down; and the search.
let whyFilter = "";
// Refusals that differ in nodes only are one row.
function refusalKinds() {
  const kinds = new Map();
  for (const r of refusals) {
    const key = [r.pass, r.rule, r.reason.replace(/%\d+/g, "%…")].join("\n");
    if (!kinds.has(key)) kinds.set(key, []);
    kinds.get(key).push(r);
  }
  return [...kinds.values()].sort((a, b) => saved(b) - saved(a) || b.length - a.length);
}
const saved = (kind) => kind.reduce((sum, r) => sum + r.saves, 0);
function whyPage() {
  const body = make("tbody"),
    told = make("p", { class: "note", role: "status" });
  const says = (r) =>
    [
      r.pass,
      r.rule,
      r.reason,
      r.suggestion,
      lineOf(r.candidate, nodes[r.candidate].operands),
      nodes[r.candidate].module,
    ]
      .join(" ")
      .toLowerCase();
  const list = () => {
    const parts = whyFilter.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = refusalKinds()
      .map((kind) => kind.filter((r) => parts.every((part) => says(r).includes(part))))
      .filter((kind) => kind.length);
    told.textContent = `${many(
      kinds.reduce((sum, k) => sum + k.length, 0),
      "candidate",
    )} turned down, for ${many(kinds.length, "reason")}.`;
    fill(
      body,
      kinds.map((kind) => {
        const [r] = kind,
          more = make("div", { hidden: true }, ...joinLinks(kind.map((k) => k.candidate)));
        return make(
          "tr",
          {},
          make(
            "td",
            {},
            make("b", {}, r.pass.replaceAll("_", " ")),
            make("br"),
            make("code", {}, r.rule),
            make("br"),
            make("small", { class: "note", title: r.file }, `${r.file.slice(r.file.lastIndexOf("/") + 1)}:${r.line}`),
          ),
          make(
            "td",
            {},
            kind.length > 1
              ? [
                  link(`${kind.length} nodes`, () => {
                    more.hidden = !more.hidden;
                  }),
                  more,
                ]
              : nodeLink(r.candidate),
          ),
          make("td", {}, kind.length > 1 ? r.reason.replace(/%\d+/g, "%…") : r.reason),
          make("td", {}, r.suggestion),
          raw.profile ? make("td", { class: "number" }, saved(kind) ? time(saved(kind) * 1e3) : "") : null,
        );
      }),
    );
  };
  const filter = make("input", {
    type: "search",
    id: "why-filter",
    placeholder: "Filter: a pass, an op, a module, a word of the reason",
    "aria-label": "filter refused candidates",
    oninput: (e) => {
      whyFilter = e.target.value;
      list();
    },
  });
  filter.value = whyFilter;
  filter.size = 48;
  list();
  return make(
    "div",
    { class: "page" },
    make("h2", {}, "Why not?"),
    make("p", {}, "What the compiler looked at and left alone: the first condition that failed, and what would help."),
    make("div", { class: "filters" }, filter),
    told,
    make(
      "table",
      { class: "stack" },
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          ...["what", "where", "because", "what would help"].map((t) => make("th", {}, t)),
          raw.profile ? make("th", { class: "number" }, "would save") : null,
        ),
      ),
      body,
    ),
  );
}

const haystack = nodes.map((n, id) =>
  n && !isNumber(id) ? [lineOf(id, n.operands), n.module, place(n)].join("  ").toLowerCase() : "",
);
function find(text) {
  const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!parts.length) return { passes: [], ids: [] };
  const fits = (words) => parts.every((part) => words.includes(part));
  return {
    passes: turns.filter((t) => t.count && fits(t.pass.replaceAll("_", " ") + " " + t.pass)),
    ids: nodes.filter((n) => n && fits(haystack[n.id])).map((n) => n.id),
  };
}
function showFound(text) {
  const { passes, ids } = find(text),
    list = byId("found");
  const entry = (press, ...children) =>
    make(
      "li",
      {},
      make(
        "button",
        {
          type: "button",
          onclick: () => {
            list.hidden = true;
            press();
          },
        },
        ...children,
      ),
    );
  list.hidden = !text.trim();
  fill(
    list,
    passes
      .slice(0, 6)
      .map((t) =>
        entry(
          () => go({ pass: t.number }),
          make("b", {}, "pass " + t.pass),
          make("small", {}, ` ${many(t.count, "rewrite")}`),
        ),
      ),
    ids.slice(0, 40).map((id) =>
      entry(
        () => {
          showNode(id);
        },
        make("code", {}, cut(lineOf(id, nodes[id].operands), 110)),
        make("small", {}, ` ${nodes[id].there !== null ? "only in B " : ""}${nodes[id].module} ${place(nodes[id])}`),
      ),
    ),
    make(
      "li",
      { class: "note" },
      ids.length > 40
        ? `and ${ids.length - 40} more: type more of it`
        : ids.length + passes.length
          ? ""
          : "nothing has these words",
    ),
  );
}
// A node is shown where it can be seen: if it is not in the graph now, at the end of the pass that made it.
function showNode(id) {
  const to = { node: id };
  if (nodes[id].there !== null) {
    Object.assign(to, { view: "compare", pass: lastPassWith(id) });
    return go(to);
  }
  if (!scene().stand.alive[id]) {
    const birth = eventsOf[id].find(([, part]) => part === "made");
    to.pass = birth ? birth[0].turn : 0;
    to.at = birth ? birth[0].number - turns[to.pass].first + 1 : 0;
  }
  go(to);
  if (at.view === "map" && map) map.follow([id]);
}
