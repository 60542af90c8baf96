/* Which network for a budget? Bounds on what was measured, the settings that keep them, and what a static ResNet does. */

const VERDICTS = {
  above: "beats static ResNets",
  below: "loses to static ResNets",
  open: "not told apart from static ResNets",
  cheaper: "cheaper than all static ResNets",
  costlier: "costs more than all static ResNets",
};

const picker = document.getElementById("picker");

if (picker && data.networks.length) {
  const batches = data.quantities.filter((quantity) => quantity.name.startsWith("time_")).map((quantity) => Number(quantity.name.slice(5)));
  const fields = [];

  const field = (name, quantity, before, after) => {
    const input = element("input", { type: "number", min: 0, step: "any", inputmode: "decimal", oninput: () => remember(name, input.value) });
    onState([name], () => { if (input.value !== (state.get(name) || "")) input.value = state.get(name) || ""; });
    fields.push({ name, quantity });
    return element("label", {}, element("span", {}, before), input, element("span", {}, after));
  };

  const batch = element("select", { "aria-label": "images per batch", onchange: () => remember("batch", batch.value) },
    ...batches.map((size) => element("option", { value: size }, String(size))));
  const size = () => (batches.includes(Number(state.get("batch"))) ? Number(state.get("batch")) : batches[0]);
  onState(["batch"], () => { batch.value = size(); });

  const inputs = [field("least", () => quantities.get("accuracy"), "accuracy at least", "%")];
  if (batches.length) {
    const row = field("ms", () => quantities.get(`time_${size()}`), "a batch takes at most", "ms");
    row.append(" of ", batch);
    inputs.push(row);
  }
  if (quantities.has("macs")) inputs.push(field("budget", () => quantities.get("macs"), "an image costs at most", quantities.get("macs").unit));
  if (quantities.has("parameters")) inputs.push(field("weights", () => quantities.get("parameters"), "parameters at most", "k"));
  if (quantities.has("attacked")) inputs.push(field("robust", () => quantities.get("attacked"), "under attack at least", "%"));

  const only = element("input", { type: "checkbox", onchange: () => remember("only", only.checked ? "budget" : "") });
  const alone = element("label", {}, only, element("span", {}, "show only these on the whole page"));
  const hiding = document.head.appendChild(element("style"));
  const answer = element("p", { class: "answer", role: "status" });
  const list = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Settings that fit" });
  picker.append(element("h3", {}, "Which network for your budget?"), ...inputs, answer, alone, list);
  picker.hidden = false;

  const bounds = () => fields.flatMap(({ name, quantity }) => {
    const value = Number(state.get(name));
    if (!state.get(name) || Number.isNaN(value)) return [];
    const found = quantity();
    return [{ quantity: found, limit: value / found.scale / (name === "ms" ? size() : 1) }];
  });

  const keeps = (setting, { quantity, limit }) => {
    const bounds = setting.values[quantity.name];
    return bounds && (quantity.high ? bounds[0] >= limit : bounds[0] <= limit);
  };

  const costNow = (limits) => {
    const bounded = limits.find(({ quantity }) => quantity.cost);
    return bounded ? bounded.quantity : quantities.get("macs") || quantities.get("accuracy");
  };

  const perBatch = (quantity) => (quantity.name.startsWith("time_") ? Number(quantity.name.slice(5)) : 1);

  const cell = (quantity, bounds) => {
    const own = bounds && bounds.map((value) => (value === null ? null : value * perBatch(quantity)));
    const ends = own ? interval(quantity, own) : "";
    return element("td", { class: "num" }, own ? shown(quantity, own[0]) : "–", ...(ends ? [element("small", {}, ends)] : []));
  };

  const show = () => {
    const limits = bounds();
    const cost = costNow(limits);
    const accuracy = quantities.get("accuracy");
    const fits = [];
    for (const network of networks.values()) {
      for (const setting of network.settings) {
        if (setting.values.accuracy && limits.every((limit) => keeps(setting, limit))) fits.push({ network, setting });
      }
    }
    fits.sort((a, b) => b.setting.values.accuracy[0] - a.setting.values.accuracy[0]
      || (a.setting.values[cost.name] || [Infinity])[0] - (b.setting.values[cost.name] || [Infinity])[0]);
    const judged = fits.filter(({ network, setting }) => setting.headline && network.against[cost.name]);
    const winners = [...new Set(judged.filter(({ network }) => network.against[cost.name][0] === "above").map(({ network }) => network.name))];
    const best = fits.filter((fit, place) => fits.findIndex(({ network }) => network === fit.network) === place);
    const count = best.length;
    const kept = new Set(best.map(({ network }) => network.slug));
    const hides = limits.length > 0 && state.get("only") === "budget";
    only.checked = state.get("only") === "budget";
    hiding.textContent = hides ? data.networks.filter(({ slug }) => !kept.has(slug))
      .map(({ slug }) => `[data-n="${slug}"] { display: none !important; }`).join("\n") : "";
    alone.hidden = !limits.length;
    const verdict = !judged.length ? "" : winners.length
      ? ` At equal ${cost.title}, ${winners.join(", ")} beat${winners.length > 1 ? "" : "s"} static ResNets.`
      : ` At equal ${cost.title}, none of them beats a static ResNet.`;
    answer.textContent = !limits.length ? "Type a bound, or several." : !fits.length ? "No network keeps these bounds."
      : `${count} of ${networks.size} networks keep ${limits.length > 1 ? "these bounds" : "this bound"}.${verdict}`;
    if (!limits.length || !fits.length) { list.replaceChildren(); list.hidden = true; return; }
    list.hidden = false;
    const others = [...new Set([cost, ...limits.map(({ quantity }) => quantity)])].filter((quantity) => quantity !== accuracy);
    const heading = (quantity) => element("th", { scope: "col", class: "num" }, quantity.short.split(",")[0], " ",
      element("small", {}, perBatch(quantity) > 1 ? `${quantity.unit} a batch` : quantity.unit));
    const judgement = ({ network, setting }) => (network.static ? "static ResNet"
      : setting.headline && network.against[cost.name] ? VERDICTS[network.against[cost.name][0]] : "not judged at this setting");
    const rows = best.map((fit) => element("tr", { "data-n": fit.network.slug },
      element("th", { scope: "row" }, keyOf(fit.network.slug), fit.network.name,
        element("small", {}, `${fit.setting.name}; ${judgement(fit)}`)),
      cell(accuracy, fit.setting.values.accuracy), ...others.map((quantity) => cell(quantity, fit.setting.values[quantity.name]))));
    list.replaceChildren(element("table", { id: "picked" }, element("thead", {}, element("tr", {},
      element("th", { scope: "col" }, "Network, at its best"), heading(accuracy), ...others.map(heading))),
    element("tbody", {}, ...rows)));
  };
  onState(["least", "ms", "batch", "budget", "weights", "robust", "only"], show);
}
