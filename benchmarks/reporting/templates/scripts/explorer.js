/* Images one by one: sorted by what networks make of them, and what every network made of the one that is chosen. */

const SHOWN = 60;
const explorer = document.getElementById("explorer");

function ordersOf({ images, own, cost, wrongIn }) {
  const rank = (place) => (place === -1 ? images.epsilons.length : place);
  const orders = {
    dear: ["longest route first", (place) => -cost(own(), place)],
    cheap: ["shortest route first", (place) => cost(own(), place)],
    wrong: ["wrong in most networks first", (place) => -wrongIn(place)],
    unsure: ["least confident first", (place) => own().confidences[place]],
    falls: ["fooled at the smallest radius first", (place) => (own().falls[place] === -2 ? Infinity : rank(own().falls[place]))],
    slowed: ["dearest under the slowdown attack first", (place) => -(own().slowed_macs[place] ?? -1)],
    given: ["as in the test split", (place) => place],
  };
  if (!images.epsilons.length) delete orders.falls;
  if (!images.slowed) delete orders.slowed;
  return orders;
}

function choiceOf(name, label, options, fallback) {
  const choice = element("select", { onchange: () => remember(name, choice.value === fallback ? "" : choice.value) },
    ...options.map(([value, text]) => element("option", { value }, text)));
  onState([name], () => {
    const wanted = state.get(name);
    choice.value = options.some(([value]) => value === wanted) ? wanted : fallback;
  });
  return element("label", {}, label, " ", choice);
}

function tickOf(name, label) {
  const box = element("input", { type: "checkbox", onchange: () => remember(name, box.checked ? "yes" : "") });
  onState([name], () => { box.checked = state.get(name) === "yes"; });
  return element("label", {}, box, ` ${label}`);
}

function explore(sheet) {
  const { images, known, macs, own, cost, right, classOf, pick } = sheet;
  const orders = ordersOf(sheet);
  const order = () => (state.get("order") in orders ? state.get("order") : "dear");
  const grid = element("div", { class: "tiles", role: "group", "aria-label": "Images" });
  const detail = element("div", { class: "detail", role: "status" });
  const summary = element("p", { class: "note" });
  const more = element("button", { type: "button", onclick: () => { limit += 2 * SHOWN; fill(); } }, "more images");
  let limit = SHOWN;

  const wantedPlaces = () => {
    const [only, erring, pictured] = [state.get("class"), state.get("wrong") === "yes", state.get("pictured") === "yes"];
    const places = images.labels.map((_, place) => place)
      .filter((place) => !only || String(images.labels[place]) === only)
      .filter((place) => !erring || !right(own(), place))
      .filter((place) => !pictured || place < images.pictured);
    const key = new Map(places.map((place) => [place, orders[order()][1](place)]));
    return places.sort((a, b) => key.get(a) - key.get(b) || a - b);
  };

  function fill() {
    const network = own();
    const places = wantedPlaces();
    grid.replaceChildren(...places.slice(0, limit).map((place) => pick(network, place, () => remember("image", String(place)))));
    markChosen(sheet, grid);
    more.hidden = places.length <= limit;
    const costs = places.slice(0, limit).map((place) => cost(network, place));
    const mean = costs.reduce((sum, value) => sum + value, 0) / costs.length;
    summary.textContent = !places.length ? "No image is like that."
      : `${Math.min(limit, places.length)} of ${places.length} images; these cost ${networks.get(network.slug).name} `
        + `${shown(macs, mean)} ${macs.unit} on average. Framed: it is wrong about them.`;
  }

  function tell() {
    const place = chosenImage(sheet);
    markChosen(sheet, grid);
    detail.replaceChildren(...(place === null
      ? [element("p", { class: "note" }, "Choose an image to see its route through every network.")] : imageDetail(sheet, place)));
  }

  const labels = [...new Set(images.labels)].sort((a, b) => a - b);
  explorer.append(
    element("div", { class: "controls" },
      choiceOf("of", "For", known.map(({ slug }) => [slug, networks.get(slug).name]), own().slug),
      choiceOf("order", "order", Object.entries(orders).map(([name, [text]]) => [name, text]), "dear"),
      choiceOf("class", "class", [["", "all"], ...labels.map((label) => [String(label), classOf(label)])], ""),
      tickOf("wrong", "wrong ones only"),
      ...(images.pictured ? [tickOf("pictured", "with pictures under attack only")] : [])),
    summary, grid, more, detail);
  explorer.hidden = false;
  onState(["of", "order", "class", "wrong", "pictured"], () => { limit = SHOWN; fill(); });
  onState(["image"], tell);
  return detail;
}

if (explorer) {
  document.documentElement.style.setProperty("--picture", `url(data:image/png;base64,${document.getElementById("explorer-picture").textContent})`);
  inflated(document.getElementById("explorer-data").textContent).then(sheetOf).then((sheet) => {
    const detail = explore(sheet);
    gallery(sheet, (network, place) => {
      remember("of", network.slug);
      remember("image", String(place));
      detail.scrollIntoView({ block: "start" });
    });
    if (state.get("at") === "routes") document.getElementById("routes").scrollIntoView();
  });
}
