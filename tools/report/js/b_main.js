// Views, keys, and the first look.
const VIEWS = [
  ["map", "Map"],
  ["text", "Text"],
  ["why", "Why not?"],
  ["memory", "Memory"],
  ["speed", "Speed"],
  ...(against
    ? [
        ["compare", "Compare"],
        ["passes", "Pass by pass"],
      ]
    : []),
];
let map = null,
  drawnFor = null;

function drawViews() {
  fill(
    byId("views"),
    VIEWS.map(([view, name]) =>
      make(
        "button",
        { type: "button", "data-view": view, "aria-current": at.view === view, onclick: () => openView(view) },
        name,
      ),
    ),
  );
}
function legend() {
  return make(
    "div",
    { class: "legend" },
    make("i", { class: "gone" }),
    "− taken out",
    make("i", { class: "made" }),
    "+ made",
    make("i", { class: "joined" }),
    "joined, or differentiated",
    " · dashed: gradients",
  );
}
function openMap() {
  if (!mapData()) return false;
  if (drawnFor !== mapData()) {
    map = new NodeMap();
    drawnFor = mapData();
  }
  if (!byId("stage").contains(map.svg)) {
    const button = (text, press, title) =>
      make("button", { type: "button", title, "aria-label": title, onclick: press }, text);
    const box = () => map.svg.getBoundingClientRect(),
      zoom = (by) => map.camera.zoom(by, box().width / 2, box().height / 2);
    const folds =
      raw.maps.folded && raw.maps.all
        ? button(
            at.unfold ? "Fold repeats" : "Unfold repeats",
            () => go({ unfold: !at.unfold }),
            `${raw.maps.folded.boxes.length / 5} boxes folded, ${raw.maps.all_boxes} unfolded (u)`,
          )
        : null;
    const corner = make(
      "div",
      { class: "corner" },
      button("+", () => zoom(1.3), "Zoom in (+)"),
      button("−", () => zoom(1 / 1.3), "Zoom out (-)"),
      button("Whole", () => map.followAll(true), "All that is there (0)"),
      button("Here", () => press({ key: "h", target: map.svg, preventDefault() {} }), "Where the step is (h)"),
    );
    if (folds) corner.append(folds);
    const capped =
      !raw.maps.all && raw.maps.folded
        ? make("p", { class: "note" }, `Not unfoldable: ${raw.maps.all_boxes} boxes are more than ${raw.maps.most}.`)
        : null;
    if (capped) corner.append(capped);
    fill(byId("stage"), map.svg, corner, at.view === "compare" ? compareLegend() : legend());
  }
  return true;
}
const noMap = () =>
  make(
    "div",
    { class: "page" },
    make(
      "p",
      {},
      `This graph has ${raw.maps.all_boxes} boxes, more than the ${raw.maps.most} that a browser ` +
        "moves with ease, and nothing in it repeats. Its text and every list are here; for a picture of a part, 'vitrine show --format dot' writes it.",
    ),
  );
function showStep(now, always) {
  if (!map || (now.all && !always)) return;
  const ids = [...now.gone, ...now.made, ...now.joined];
  if (at.node !== null && (now.stand.alive[at.node] || now.gone.has(at.node)) && always)
    ids.splice(0, ids.length, at.node);
  if (ids.length) map.follow(ids);
}

// Compared are first the two as they were compiled, if there is nothing to see where one is.
function openView(view) {
  const differ = view === "compare" && differencesAt(at.pass).nodes.length;
  go(view === "compare" && at.view !== view && !differ ? { view, pass: turns.length - 1, node: null } : { view });
}

function draw(before) {
  const compares = at.view === "compare",
    now = compares ? compareScene() : scene(),
    stage = byId("stage"),
    side = byId("side");
  const moved = before.pass !== at.pass || before.at !== at.at;
  if (before.view !== at.view || !byId("views").firstChild) drawViews();
  const otherStrip = (before.view === "compare") !== compares;
  if (otherStrip) stage.replaceChildren();
  if (!byId("strip").firstChild || before.pass !== at.pass || otherStrip) drawStrip();
  drawScrubber();
  if (at.view === "map" || compares) {
    const fresh = before.unfold !== at.unfold && map ? (stage.replaceChildren(), true) : false,
      first = !map;
    if (openMap()) {
      map.draw(now);
      if (fresh || first || otherStrip) map.followAll(true);
      else if (moved && !now.change) map.followAll(false);
      if (now.change && (moved || fresh || first)) showStep(now, false);
      if (at.node !== null && before.node !== at.node) map.follow([at.node], !first);
    } else fill(stage, noMap());
  } else if (at.view === "text") {
    const top = stage.scrollTop;
    fill(stage, textPage(now));
    stage.scrollTop = before.view === "text" ? top : 0;
    const line = stage.querySelector(".gone, .made, .joined");
    if (moved && line && !now.all) line.scrollIntoView({ block: "center" });
  } else if (before.view !== at.view || before.node !== at.node || !stage.firstChild) {
    const top = before.view === at.view ? stage.scrollTop : 0;
    if (!(at.view === "why" && before.view === "why" && stage.firstChild))
      fill(stage, { why: whyPage, memory: memoryPage, speed: speedPage, passes: passesPage }[at.view]());
    stage.scrollTop = top;
  }
  fill(
    side,
    compares
      ? compareSide(now)
      : at.node !== null
        ? [link("← what happens now", () => go({ node: null })), ...card(at.node, now)]
        : at.learn
          ? learnPage(now)
          : happening(now),
  );
  if (before.node !== at.node || moved) side.scrollTop = 0;
}

const KEYS = [
  ["← →", "one rewrite back, one on"],
  ["↑ ↓", "the pass before, the pass after, of those that changed something"],
  ["Home End", "before this pass, all of it"],
  ["/", "search"],
  ["m x w y s", "map, text, why not, memory, speed"],
  ...(against ? [["c p", "compare, and then ← → goes from difference to difference; pass by pass"]] : []),
  ["+ - 0 h", "zoom in, out, the whole map, where the step is"],
  ["u", "unfold what repeats"],
  ["l", "learn"],
  ["t", "light or dark"],
  ["Esc", "close the card"],
];
function nextPass(by) {
  let pass = at.pass + by;
  while (turns[pass] && isQuiet(turns[pass])) pass += by;
  if (turns[pass]) go(at.learn ? { pass, at: 0 } : { pass });
}
function oneOn(by) {
  if (at.view === "compare") return nextDifference(by);
  go({ at: by === -Infinity ? 0 : by === Infinity ? lastPosition(turns[at.pass]) : at.at + by });
}
function press(e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const typing = e.target instanceof HTMLInputElement && e.target.type !== "range";
  if (e.key === "Escape") {
    byId("found").hidden = true;
    if (typing) e.target.blur();
    else if (at.node !== null) go({ node: null });
    return;
  }
  if (typing || byId("keys").open) return;
  const box = () => map.svg.getBoundingClientRect();
  const does = {
    ArrowLeft: () => oneOn(-1),
    ArrowRight: () => oneOn(1),
    ArrowUp: () => nextPass(-1),
    ArrowDown: () => nextPass(1),
    Home: () => oneOn(-Infinity),
    End: () => oneOn(Infinity),
    "/": () => byId("search").focus(),
    m: () => go({ view: "map" }),
    x: () => go({ view: "text" }),
    w: () => go({ view: "why" }),
    y: () => go({ view: "memory" }),
    s: () => go({ view: "speed" }),
    c: () => against && openView("compare"),
    p: () => against && openView("passes"),
    "+": () => map && map.camera.zoom(1.3, box().width / 2, box().height / 2),
    "-": () => map && map.camera.zoom(1 / 1.3, box().width / 2, box().height / 2),
    0: () => map && map.followAll(true),
    h: () => (at.view === "compare" ? map && at.node !== null && map.follow([at.node]) : showStep(scene(), true)),
    u: () => go({ unfold: !at.unfold }),
    l: () => go({ learn: !at.learn, node: null }),
    t: () => document.documentElement.classList.toggle("dark"),
    "?": () => byId("keys").showModal(),
  }[e.key];
  if (!does) return;
  e.preventDefault();
  does();
}

function begin() {
  fill(
    byId("title"),
    raw.model,
    make("small", {}, [raw.step ? `step ${raw.step}` : "", `predicted for ${raw.isa}`].filter(Boolean).join(", ")),
  );
  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.documentElement.classList.toggle("dark", dark.matches);
  dark.addEventListener("change", () => document.documentElement.classList.toggle("dark", dark.matches));
  byId("theme").addEventListener("click", () => document.documentElement.classList.toggle("dark"));
  fill(
    byId("keys"),
    make("h2", {}, "Keys"),
    make(
      "table",
      {},
      make(
        "tbody",
        {},
        KEYS.map(([key, does]) => make("tr", {}, make("td", { class: "mono" }, key), make("td", {}, does))),
      ),
    ),
    make("form", { method: "dialog" }, make("p", {}, make("button", {}, "Close"))),
  );
  byId("help").addEventListener("click", () => byId("keys").showModal());
  byId("search").addEventListener("input", (e) => showFound(e.target.value));
  byId("search").addEventListener("keydown", (e) => {
    const first = byId("found").querySelector("button");
    if (first && e.key === "Enter") first.click();
    if (first && e.key === "ArrowDown") {
      e.preventDefault();
      first.focus();
    }
  });
  document.addEventListener("click", (e) => {
    if (!e.target.closest(".found, .search")) byId("found").hidden = true;
  });
  document.addEventListener("keydown", press);
  addEventListener("hashchange", () => go(readAddress()));
  listeners.push(draw);
  go(readAddress());
}
begin();
