// The strip of passes, what each changed, and the scrubber over one pass's rewrites.
const STAGES = { traced: "the model as you wrote it", differentiate: "the chain rule adds gradients and updates" };
const isQuiet = (turn) =>
  turn.count === 0 &&
  !(turn.pass in STAGES) &&
  (at.view !== "compare" || pointOf(turn).differences === pointOf(turns[turn.number - 1]).differences);
let openQuiet = new Set();

function change(word, now, before, text) {
  const by = now - before;
  if (by === 0) return null;
  return make("span", { class: by < 0 ? "better" : "worse" }, ` ${word} ${by < 0 ? "−" : "+"}${text(Math.abs(by))}`);
}
function passButton(turn) {
  if (at.view === "compare") return compareButton(turn);
  const before = turns[Math.max(0, turn.number - 1)],
    first = turn.number === 0;
  const told = isQuiet(turn)
    ? ["no change"]
    : first
      ? [`${many(turn.nodes, "node")}, ${bytes(turn.arena)}, ${time(turn.ns)}`]
      : [
          change("nodes", turn.nodes, before.nodes, String),
          change("peak", turn.arena, before.arena, bytes),
          change("time", turn.ns, before.ns, time),
        ];
  const count =
    turn.pass === "traced"
      ? "begin"
      : turn.pass === "differentiate"
        ? many(turn.count, "step")
        : many(turn.count, "rewrite");
  return make(
    "button",
    {
      class: "pass" + (isQuiet(turn) ? " quiet" : ""),
      type: "button",
      "data-pass": turn.number,
      title:
        `${turn.equation || STAGES[turn.pass] || ""}${turn.round > 1 ? `\nround ${turn.round}` : ""}\n` +
        `then: ${many(turn.nodes, "node")}, arena ${bytes(turn.arena)} (no plan needs less than ${bytes(turn.bound)}), ` +
        `predicted ${time(turn.ns)} in ${many(turn.steps, "step")}`,
      onclick: () => go({ pass: turn.number }),
    },
    make("b", {}, turn.pass.replaceAll("_", " ")),
    make("small", {}, count + (turn.round > 1 ? ` · round ${turn.round}` : "")),
    make("small", {}, told.filter(Boolean).length ? told : "same nodes, bytes, time"),
  );
}
function drawStrip() {
  const parts = [];
  for (let i = 0; i < turns.length;) {
    let end = i;
    while (end < turns.length && isQuiet(turns[end])) ++end;
    if (end === i) {
      parts.push(passButton(turns[i++]));
      continue;
    }
    if (openQuiet.has(i) || (at.pass >= i && at.pass < end)) parts.push(...turns.slice(i, end).map(passButton));
    else {
      const begin = i;
      parts.push(
        make(
          "button",
          {
            class: "pass quiet",
            type: "button",
            title: turns
              .slice(i, end)
              .map((t) => t.pass)
              .join(", "),
            onclick: () => {
              openQuiet.add(begin);
              drawStrip();
            },
          },
          make("b", {}, `${end - i} ×`),
          make("small", {}, "no change"),
          make("small", {}, "show"),
        ),
      );
    }
    i = end;
  }
  fill(byId("strip"), ...parts);
  markStrip();
}
function markStrip() {
  for (const button of byId("strip").querySelectorAll("[data-pass]")) {
    const here = Number(button.dataset.pass) === at.pass;
    button.setAttribute("aria-current", here);
    if (here) {
      const strip = byId("strip"),
        left = button.offsetLeft - strip.offsetLeft;
      if (left < strip.scrollLeft || left + button.offsetWidth > strip.scrollLeft + strip.clientWidth)
        strip.scrollLeft = left - strip.clientWidth / 3;
    }
  }
}

// One rewrite in a sentence.
function sentence(c) {
  if (c.kind === "grouped") return `${many(c.matched.length, "node")} run as one step`;
  if (c.kind === "differentiated") return `${c.rule}: ${many(c.made.length, "node")}`;
  if (c.kind === "erased") return `${nameOf(c.matched[0])} goes`;
  if (c.kind === "kept") return `${nameOf(c.matched[0])} is not updated any more`;
  return `${nameOf(c.matched[0])} becomes ${nameOf(c.by)}`;
}
function drawScrubber() {
  if (at.view === "compare") return drawCompareScrubber();
  const turn = turns[at.pass],
    last = lastPosition(turn),
    c = changeShown();
  const step = (by) => () => go({ at: at.at + by });
  const where = !turn.count
    ? [turn.pass in STAGES ? STAGES[turn.pass] : "this pass found nothing to do here"]
    : at.at === 0
      ? ["before ", make("b", {}, turn.pass)]
      : c
        ? [make("b", {}, sentence(c)), " by ", make("code", {}, c.rule)]
        : ["all of ", make("b", {}, turn.pass), ` at once: ${turn.equation || STAGES[turn.pass]}`];
  const slider = make("input", {
    type: "range",
    min: 0,
    max: last,
    step: 1,
    id: "slider",
    disabled: !turn.count,
    "aria-label": "rewrite of this pass",
    "aria-valuetext": c ? sentence(c) : at.at === 0 ? "before" : "all at once",
    oninput: (e) => go({ at: Number(e.target.value) }),
  });
  slider.value = at.at;
  const old = byId("slider");
  if (old && byId("learn") && document.activeElement === old && Number(old.max) === last) {
    old.value = at.at;
    old.setAttribute("aria-valuetext", slider.getAttribute("aria-valuetext"));
    fill(byId("where"), ...where);
    byId("position").textContent = position(turn);
    byId("where").title = byId("where").textContent;
    return;
  }
  fill(
    byId("scrubber"),
    make(
      "button",
      { type: "button", id: "back", disabled: at.at === 0, onclick: step(-1), title: "One rewrite back (←)" },
      "◀",
    ),
    slider,
    make(
      "button",
      { type: "button", id: "next", disabled: at.at >= last, onclick: step(1), title: "One rewrite on (→)" },
      "▶",
    ),
    make("span", { class: "count", id: "position" }, position(turn)),
    make("output", { id: "where", for: "slider" }, where),
    make(
      "button",
      {
        type: "button",
        id: "learn",
        "aria-pressed": at.learn,
        onclick: () => go({ learn: !at.learn, node: null }),
        title: "Each rule explained, and a guess before each rewrite (l)",
      },
      at.learn ? "Stop learning" : "Learn",
    ),
  );
}
const position = (turn) =>
  !turn.count
    ? "0 rewrites"
    : at.at === 0
      ? `before ${many(turn.count, "rewrite")}`
      : at.at > turn.count
        ? `all ${turn.count}`
        : `${at.at} of ${turn.count}`;
