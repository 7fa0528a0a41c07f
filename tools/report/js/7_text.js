// The graph as text, with what is taken out and put in: all that the map shows, for ears, terminals and large graphs.
function inOrder(stand, also) {
  const order = [],
    state = new Uint8Array(nodes.length);
  for (let id = 0; id < nodes.length; ++id) {
    if (!(stand.alive[id] || also.has(id)) || state[id]) continue;
    const path = [[id, 0]];
    state[id] = 1;
    while (path.length) {
      const top = path[path.length - 1],
        list = stand.operands[top[0]];
      if (top[1] === list.length) {
        order.push(top[0]);
        path.pop();
        continue;
      }
      const next = list[top[1]++];
      if (!state[next] && (stand.alive[next] || also.has(next))) {
        state[next] = 1;
        path.push([next, 0]);
      }
    }
  }
  return order;
}
function textPage(now) {
  const items = inOrder(now.stand, now.gone)
    .filter((id) => !isNumber(id))
    .map((id) => {
      const look = now.gone.has(id) ? "gone" : now.made.has(id) ? "made" : now.joined.has(id) ? "joined" : "";
      const sign = { gone: "- ", made: "+ ", joined: "* " }[look] || "  ";
      const note = now.stand.group[id] ? ` @g${now.stand.group[id]}` : "";
      return make(
        "li",
        {},
        make(
          "button",
          {
            type: "button",
            "data-line": id,
            class: `mono ${look} ${at.node === id ? "chosen" : ""}`,
            onclick: () => go({ node: id }),
          },
          sign + lineOf(id, (now.gone.has(id) ? now.before : now.stand).operands[id]) + note,
        ),
      );
    });
  const results = [...now.stand.outputs]
    .map(([name, id]) => `  output ${name} = ${nameOf(id)}`)
    .concat([...now.stand.updates].map(([state, id]) => `  update ${nameOf(state)} = ${nameOf(id)}`));
  return make(
    "div",
    { class: "page" },
    make("h2", {}, "The graph as text"),
    make(
      "p",
      { class: "note" },
      "− taken out, + put in, * joined or differentiated; a line is a button that opens the node's card.",
    ),
    make("ul", { class: "lines" }, items),
    make("pre", {}, results.join("\n")),
  );
}
