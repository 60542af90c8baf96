/* Differences from a network of the reader's choice. */

const differences = document.getElementById("table-differences");

function between(aspect, own, other) {
  const [first, second] = own < other ? [own, other] : [other, own];
  const count = data.networks.length;
  const pair = aspect.pairs[first * count - (first * (first + 1)) / 2 + second - first - 1];
  if (!pair || own < other) return pair;
  const [value, low, high] = pair;
  return aspect.kind === "points" ? [-value, -high, -low] : [1 / value, 1 / high, 1 / low];
}

function asPoints(share) {
  const text = Math.abs(100 * share).toFixed(1);
  return Number(text) ? `${share < 0 ? "−" : "+"}${text}` : text;
}

if (differences) {
  const places = new Map(data.networks.map((network, place) => [network.slug, place]));
  const caption = differences.querySelector("caption span");
  const choice = element("select", { "aria-label": "Network that the others are compared with", onchange: () => {
    remember("ref", choice.value === data.reference ? "" : choice.value);
  } }, ...data.networks.map((network) => element("option", { value: network.slug }, network.name)));
  caption.replaceChildren("Differences from ", choice);

  const fill = (cell, aspect, own, other) => {
    const equal = aspect.kind === "points" ? 0 : 1;
    const write = aspect.kind === "points" ? asPoints : significant;
    const pair = own === other ? null : between(aspect, own, other);
    cell.classList.toggle("none", own !== other && !pair);
    cell.classList.toggle("best", Boolean(pair) && pair[1] !== pair[2] && (pair[1] > equal || pair[2] < equal));
    const ends = pair && pair[1] !== pair[2] ? `${write(pair[1])} to ${write(pair[2])}` : "";
    const [text, below] = own === other ? ["reference", ""] : pair ? [write(pair[0]), ends] : ["–", "not comparable"];
    if (own !== other && !pair) delete cell.dataset.sort;
    else cell.dataset.sort = own === other ? equal : pair[0];
    cell.replaceChildren(element("span", {}, text), ...(below ? [element("small", {}, below)] : []));
  };

  onState(["ref"], () => {
    const chosen = places.has(state.get("ref")) ? state.get("ref") : data.reference;
    choice.value = chosen;
    differences.closest(".scroll").setAttribute("aria-label", `Differences from ${networks.get(chosen).name}`);
    for (const row of differences.tBodies[0].rows) {
      data.aspects.forEach((aspect, column) => fill(row.cells[column + 1], aspect, places.get(row.dataset.n), places.get(chosen)));
    }
  });
}
