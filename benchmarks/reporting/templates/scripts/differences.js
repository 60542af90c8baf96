/* Differences from a network of the reader's choice. */

const differences = document.getElementById("table-differences");

function between(aspect, own, other) {
  const [a, b] = [aspect.values[own], aspect.values[other]];
  if (a === null || b === null) return null;
  if (aspect.kind === "ratio") {
    const down = Math.hypot(Math.log(a[0] / a[1]), Math.log(b[2] / b[0]));
    const up = Math.hypot(Math.log(a[2] / a[0]), Math.log(b[0] / b[1]));
    return [a[0] / b[0], (a[0] / b[0]) * Math.exp(-down), (a[0] / b[0]) * Math.exp(up)];
  }
  const [first, second] = own < other ? [own, other] : [other, own];
  const error = aspect.errors[first * data.networks.length - (first * (first + 1)) / 2 + second - first - 1];
  return error === null ? null : [a - b, a - b - aspect.critical * error, a - b + aspect.critical * error];
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
