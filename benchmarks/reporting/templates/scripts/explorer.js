/* Images one by one: sorted by what networks make of them, and what every network made of the one that is chosen. */

const SHOWN = 60;
const explorer = document.getElementById("explorer");

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

function explore(images) {
  const known = images.networks.filter(({ slug }) => networks.has(slug));
  const macs = quantities.get("macs");
  const own = () => known.find(({ slug }) => slug === state.get("of")) || known.find(({ slug }) => networks.get(slug).routes) || known[0];
  const wrongIn = (place) => known.filter(({ answers }) => answers[place] !== images.labels[place]).length;
  const cost = (network, place) => network.macs[network.route[place]];
  const classOf = (label) => images.classes[label] ?? String(label);
  const rank = (place) => (place === -1 ? images.epsilons.length : place);

  const ORDERS = {
    dear: ["longest route first", (place) => -cost(own(), place)],
    cheap: ["shortest route first", (place) => cost(own(), place)],
    wrong: ["wrong in most networks first", (place) => -wrongIn(place)],
    unsure: ["least confident first", (place) => own().confidences[place]],
    falls: ["fooled at the smallest radius first", (place) => (own().falls[place] === -2 ? Infinity : rank(own().falls[place]))],
    slowed: ["dearest under the slowdown attack first", (place) => -(own().slowed[place] ?? -1)],
    given: ["as in the test split", (place) => place],
  };
  if (!images.epsilons.length) delete ORDERS.falls;
  if (!images.slowed) delete ORDERS.slowed;

  const tile = (place, scale) => {
    const [row, column] = [Math.floor(place / images.columns), place % images.columns];
    const box = element("span", { class: "tile", "aria-hidden": "true" });
    box.style.cssText = `width:${images.width * scale}px;height:${images.height * scale}px;`
      + `background-size:${images.columns * images.width * scale}px auto;`
      + `background-position:-${column * images.width * scale}px -${row * images.height * scale}px`;
    return box;
  };

  const select = (name, label, options, fallback) => {
    const choice = element("select", { onchange: () => remember(name, choice.value === fallback ? "" : choice.value) },
      ...options.map(([value, text]) => element("option", { value }, text)));
    onState([name], () => {
      const wanted = state.get(name);
      choice.value = options.some(([value]) => value === wanted) ? wanted : fallback;
    });
    return element("label", {}, label, " ", choice);
  };

  const order = () => (state.get("order") in ORDERS ? state.get("order") : "dear");
  const grid = element("div", { class: "tiles", role: "group", "aria-label": "Images" });
  const detail = element("div", { class: "detail", role: "status" });
  const summary = element("p", { class: "note" });
  const more = element("button", { type: "button", onclick: () => { limit += 2 * SHOWN; fill(); } }, "more images");
  let limit = SHOWN;

  const chosenPlaces = () => {
    const only = state.get("class");
    const erring = state.get("wrong") === "yes";
    const places = images.labels.map((_, place) => place)
      .filter((place) => !only || String(images.labels[place]) === only)
      .filter((place) => !erring || own().answers[place] !== images.labels[place]);
    const key = new Map(places.map((place) => [place, ORDERS[order()][1](place)]));
    return places.sort((a, b) => key.get(a) - key.get(b) || a - b);
  };

  const describe = (place) => {
    const wrong = wrongIn(place);
    return `image ${place}, ${classOf(images.labels[place])}: ${wrong ? `wrong in ${wrong}` : "right in all"} of ${known.length} networks`;
  };

  function fill() {
    const network = own();
    const places = chosenPlaces();
    grid.replaceChildren(...places.slice(0, limit).map((place) => {
      const classes = network.answers[place] === images.labels[place] ? "pick" : "pick err";
      return element("button", {
        type: "button", class: classes, title: describe(place), "aria-label": describe(place),
        "aria-pressed": String(place) === state.get("image"), onclick: () => remember("image", String(place)),
      }, tile(place, images.width > 40 ? 1 : 1.5));
    }));
    more.hidden = places.length <= limit;
    const costs = places.slice(0, limit).map((place) => cost(network, place));
    const mean = costs.reduce((sum, value) => sum + value, 0) / costs.length;
    summary.textContent = !places.length ? "No image is like that."
      : `${Math.min(limit, places.length)} of ${places.length} images; these cost ${networks.get(network.slug).name} `
        + `${shown(macs, mean)} ${macs.unit} on average. Framed: it is wrong about them.`;
  }

  function routeOf(network, place) {
    const route = network.routes[network.route[place]];
    const names = network.units.filter((_, unit) => route[unit] === "1");
    const boxes = network.units.map((name, unit) => element("i", { class: route[unit] === "1" ? "ran" : "", title: name }));
    const text = `${names.length} of ${network.units.length} units ran`;
    return element("td", { class: "route" }, element("span", { "aria-hidden": "true" }, ...boxes), element("small", {}, text));
  }

  function fallsAt(network, place) {
    const fall = network.falls[place];
    return fall === -2 ? "–" : fall === -1 ? "held" : images.epsilons[fall];
  }

  function tell() {
    const place = Number(state.get("image"));
    const valid = state.get("image") !== null && place >= 0 && place < images.count;
    for (const button of grid.children) button.setAttribute("aria-pressed", "false");
    if (!valid) { detail.replaceChildren(element("p", { class: "note" }, "Choose an image to see its route through every network.")); return; }
    const head = ["Network", "Answer", "Confidence", macs ? macs.unit : "MACs", "Route",
      ...(images.epsilons.length ? ["Fooled at ε"] : []), ...(images.slowed ? [`Slowed, ε ${images.slowed}`] : [])];
    const rows = known.map((network) => {
      const right = network.answers[place] === images.labels[place];
      const slowed = network.slowed[place];
      return element("tr", { "data-n": network.slug },
        element("th", { scope: "row" }, keyOf(network.slug), networks.get(network.slug).name),
        element("td", { class: right ? "" : "err" }, `${classOf(network.answers[place])}${right ? "" : " ✗"}`),
        element("td", { class: "num" }, `${network.confidences[place]} %`),
        element("td", { class: "num" }, shown(macs, cost(network, place))),
        routeOf(network, place),
        ...(images.epsilons.length ? [element("td", { class: "num" }, fallsAt(network, place))] : []),
        ...(images.slowed ? [element("td", { class: "num" }, slowed === null ? "–" : shown(macs, slowed))] : []));
    });
    detail.replaceChildren(
      element("div", { class: "portrait" }, tile(place, Math.max(1, Math.min(6, 168 / images.width))),
        element("p", {}, element("b", {}, `Image ${place}`), element("br"), `label: ${classOf(images.labels[place])}`, element("br"),
          `wrong in ${wrongIn(place)} of ${known.length} networks`)),
      element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Image ${place} in every network` },
        element("table", {}, element("thead", {}, element("tr", {}, ...head.map((name, column) => element("th", { scope: "col", class: [2, 3].includes(column) || column > 4 ? "num" : "" }, name)))),
          element("tbody", {}, ...rows))));
  }

  document.documentElement.style.setProperty("--picture", `url(data:image/png;base64,${document.getElementById("explorer-picture").textContent})`);
  const wrongOnly = element("input", { type: "checkbox", onchange: () => remember("wrong", wrongOnly.checked ? "yes" : "") });
  onState(["wrong"], () => { wrongOnly.checked = state.get("wrong") === "yes"; });
  const labels = [...new Set(images.labels)].sort((a, b) => a - b);
  explorer.append(
    element("div", { class: "controls" },
      select("of", "For", known.map(({ slug }) => [slug, networks.get(slug).name]), own().slug),
      select("order", "order", Object.entries(ORDERS).map(([name, [text]]) => [name, text]), "dear"),
      select("class", "class", [["", "all"], ...labels.map((label) => [String(label), classOf(label)])], ""),
      element("label", {}, wrongOnly, " wrong ones only")),
    summary, grid, more, detail);
  explorer.hidden = false;
  onState(["of", "order", "class", "wrong"], () => { limit = SHOWN; fill(); });
  onState(["image", "of", "order", "class", "wrong"], () => {
    tell();
    const place = state.get("image");
    for (const button of grid.children) {
      if (place !== null && button.title.startsWith(`image ${place},`)) button.setAttribute("aria-pressed", "true");
    }
  });
}

if (explorer) {
  inflated(document.getElementById("explorer-data").textContent).then(explore).then(() => {
    if (state.get("at") === "routes") document.getElementById("routes").scrollIntoView();
  });
}
