// Learning: before each rewrite a guess, after it the rule's sentence, its equation and when it is legal.
const score = { right: 0, asked: 0 };
let quiz = null; // {number: of the change, choices: ids, answered: id or null}

// Other nodes of the same kind or near it, the same ones each time.
function choicesFor(c, stand) {
  const [right] = c.matched,
    mixed = (k) => (k * 7919 + c.number * 104729) % 1009;
  const others = stand.alive.flatMap((alive, id) =>
    alive && !c.matched.includes(id) && nodes[id] && nodes[id].op ? [id] : [],
  );
  const closeness = (id) =>
    (nodes[id].op === nodes[right].op ? 0 : 2) +
    (nodes[id].module === nodes[right].module ? 0 : 1) +
    (nodes[id].phase === nodes[right].phase ? 0 : 3);
  others.sort((a, b) => closeness(a) - closeness(b) || mixed(a) - mixed(b));
  return [right, ...others.slice(0, 3)].sort((a, b) => mixed(a + 1) - mixed(b + 1));
}
// The question stands one position before the change, where nothing of it is shown.
const asksAt = () => {
  const turn = turns[at.pass];
  return at.learn && turn.count && at.at < turn.count ? changes[turn.first + at.at] : null;
};
function answer(id) {
  if (!quiz || quiz.answered !== null) return;
  quiz.answered = id;
  ++score.asked;
  if (changes[quiz.number].matched.includes(id)) ++score.right;
  go({});
}
function chooseOnMap(id) {
  if (at.learn && quiz && quiz.answered === null && asksAt()) answer(id);
  else go({ node: id });
}
function learnPage(now) {
  const turn = turns[at.pass],
    asked = asksAt(),
    shown = now.change;
  const parts = [];
  if (shown)
    parts.push(
      make("h2", {}, "What happened"),
      make("p", {}, sentence(shown) + "."),
      make("code", { class: "equation" }, shown.rule),
      ...rulePage(shown),
      make(
        "p",
        { class: "note" },
        {
          exact: "The pass promises the same bits.",
          reorders: "The pass keeps the mathematics and may round otherwise.",
          changes: "The pass changes the meaning, on purpose.",
          lossy: "The pass is off by no more than its metric.",
          stage: "",
        }[turn.contract],
      ),
      ...mathOf(shown.matched[0]),
    );
  else
    parts.push(
      make("h2", {}, turn.pass.replaceAll("_", " ")),
      make("code", { class: "equation" }, turn.equation || STAGES[turn.pass] || ""),
      make("p", {}, turn.count ? "" : "This pass changes nothing here. Choose one that does."),
    );
  if (asked) {
    if (!quiz || quiz.number !== asked.number)
      quiz = { number: asked.number, choices: choicesFor(asked, now.stand), answered: null };
    const done = quiz.answered !== null,
      right = done && asked.matched.includes(quiz.answered);
    parts.push(
      make(
        "div",
        { class: "quiz" },
        make("h3", {}, "Predict the next rewrite"),
        make(
          "p",
          {},
          asked.kind === "differentiated"
            ? "Which node is differentiated next?"
            : asked.kind === "grouped"
              ? "Which of these joins the next step?"
              : `Which node does ${turn.pass.replaceAll("_", " ")} change next?`,
          " Choose below, or on the map.",
        ),
        quiz.choices.map((id) =>
          make(
            "button",
            {
              type: "button",
              class:
                "mono" + (done ? (asked.matched.includes(id) ? " right" : id === quiz.answered ? " wrong" : "") : ""),
              disabled: done,
              "data-choice": id,
              onclick: () => answer(id),
            },
            lineOf(id, now.stand.operands[id]),
          ),
        ),
        done
          ? [
              make(
                "p",
                { role: "status", id: "verdict" },
                make("b", {}, right ? "Right." : `Not yet: it is ${nameOf(asked.matched[0])}.`),
                ` By ${asked.rule}.`,
              ),
              make(
                "button",
                { type: "button", id: "see", onclick: () => go({ at: at.at + 1, node: null }) },
                "See it happen ▶",
              ),
            ]
          : make("p", { class: "note" }, shown || at.at ? "" : `The rule: ${asked.rule}`),
      ),
    );
  } else if (turn.count) {
    const next = turns.find((t) => t.number > turn.number && t.count);
    parts.push(
      make("p", {}, at.at > turn.count ? "" : "That was this pass's last rewrite."),
      link("Begin this pass", () => go({ at: 0 })),
      next
        ? make(
            "p",
            {},
            link(`Go on to ${next.pass}`, () => go({ pass: next.number, at: 0 })),
          )
        : "",
    );
  }
  parts.push(
    make("p", { class: "note", id: "score" }, score.asked ? `${score.right} of ${score.asked} predicted.` : ""),
  );
  return parts;
}
const mathOf = (id) =>
  nodes[id].op
    ? [
        make("h3", {}, nodes[id].op[0]),
        make("code", { class: "equation" }, nodes[id].op[2]),
        make("code", { class: "equation" }, nodes[id].op[3] || "no derivative"),
      ]
    : [];
