// What the page shows, as one value that is kept in the address; and how its elements are made. A name of the user's is
// only ever set as text.
const at = { view: "map", pass: 0, at: 0, node: null, unfold: false, learn: false };
const listeners = [];

function make(tag, attributes, ...children) {
  const svg = ["svg", "g", "rect", "text", "path", "line", "circle", "title", "polyline", "defs", "marker"].includes(
    tag,
  );
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== ""));
  return made;
}
const byId = (id) => document.getElementById(id);
const fill = (where, ...children) =>
  where.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== ""));
const link = (text, press, title) => make("button", { class: "link", type: "button", onclick: press, title }, text);
const nodeLink = (id) => link(nodes[id].op ? `${nameOf(id)} ${nodes[id].op[0]}` : nameOf(id), () => go({ node: id }));

function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; Math.abs(n) >= 1023.5 && unit + 1 < units.length; ++unit) n /= 1024;
  return `${unit === 0 ? n : n.toPrecision(3)} ${units[unit]}`;
}
const time = (ns) =>
  Math.abs(ns) < 1e3
    ? `${Math.round(ns)} ns`
    : Math.abs(ns) < 1e6
      ? `${(ns / 1e3).toPrecision(3)} µs`
      : `${(ns / 1e6).toPrecision(3)} ms`;
const count = (n) =>
  n >= 1e9
    ? (n / 1e9).toPrecision(3) + " G"
    : n >= 1e6
      ? (n / 1e6).toPrecision(3) + " M"
      : n >= 1e4
        ? (n / 1e3).toPrecision(3) + " k"
        : String(n);
const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
const place = (n) => (n.line ? `${n.file.slice(n.file.lastIndexOf("/") + 1)}:${n.line}` : "");

// Position 0 of a pass is before it, its last but one shows its last change, its last one all of it at once.
const lastPosition = (turn) => (turn.count ? turn.count + 1 : 0);
const changeShown = () => {
  const turn = turns[at.pass];
  return at.at >= 1 && at.at <= turn.count ? changes[turn.first + at.at - 1] : null;
};

// What is red, green and blue now, and the graph behind it.
function scene() {
  const turn = turns[at.pass],
    change = changeShown(),
    all = turn.count > 0 && at.at === turn.count + 1;
  const shown = change ? [change] : all ? changes.slice(turn.first, turn.first + turn.count) : [];
  const stand = standAt(turn.first + (all ? turn.count : Math.max(0, at.at - 1)), at.pass);
  const made = new Set(),
    gone = new Set(),
    joined = new Set();
  for (const c of shown) {
    for (const id of c.made) made.add(id);
    for (const id of c.matched) (c.kind === "grouped" || c.kind === "differentiated" ? joined : gone).add(id);
  }
  if (all) for (const id of made) if (gone.has(id)) made.delete(id);
  const before = standAt(turn.first + Math.max(0, at.at - 1), at.pass);
  const next = change ? new Stand(before) : stand;
  if (change) next.apply(change);
  return { stand: change ? next : stand, before, made, gone, joined, change, all };
}

function go(to) {
  const before = { ...at };
  Object.assign(at, to);
  at.pass = Math.min(Math.max(0, at.pass), turns.length - 1);
  if (at.node !== null && nodes[at.node].there !== null) at.view = "compare"; // nowhere else is it
  if (to.pass !== undefined && to.at === undefined) at.at = lastPosition(turns[at.pass]);
  at.at = Math.min(Math.max(0, at.at), lastPosition(turns[at.pass]));
  const address =
    `#pass=${at.pass}&at=${at.at}` +
    (at.node === null ? "" : `&node=${at.node}`) +
    (at.view === "map" ? "" : `&view=${at.view}`) +
    (at.unfold ? "&unfold=1" : "") +
    (at.learn ? "&learn=1" : "");
  if (location.hash !== address) history.replaceState(null, "", address);
  for (const listener of listeners) listener(before);
}
// An address may be written by hand: what it asks for and is not there is left out.
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const number = (name, most) => {
    const text = asked.get(name);
    return text !== null && /^\d+$/.test(text.replace(/^%/, "")) && Number(text.replace(/^%/, "")) < most
      ? Number(text.replace(/^%/, ""))
      : null;
  };
  const to = {
    pass: number("pass", turns.length) ?? 0,
    view: VIEWS.some(([v]) => v === asked.get("view")) ? asked.get("view") : "map",
    unfold: asked.get("unfold") === "1",
    learn: asked.get("learn") === "1",
  };
  const position = number("at", 1e9),
    node = number("node", nodes.length);
  if (position !== null) to.at = position;
  to.node = node !== null && nodes[node] ? node : null;
  return to;
}
