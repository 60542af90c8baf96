/* The first figure with axes that the reader chooses. */

const PLANE = { height: 450, left: 58, right: 18, top: 14, bottom: 48 };

function niceTicks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) ticks.push(Number(tick.toPrecision(12)));
  return ticks;
}

function logTicks(low, high) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    for (const factor of [1, 2, 5]) ticks.push(factor * 10 ** power);
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

function scaleOf(values, from, to) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  const logarithmic = low > 0 && high > 15 * low;
  const turned = logarithmic ? Math.log10 : (value) => value;
  const margin = 0.06 * (turned(high) - turned(low) || Math.abs(turned(high)) || 1);
  low = turned(low) - margin;
  high = turned(high) + margin;
  const place = (value) => from + ((turned(value) - low) / (high - low)) * (to - from);
  const ticks = logarithmic ? logTicks(10 ** low, 10 ** high) : niceTicks(low, high, 6);
  return { place, ticks };
}

function pointsOf(x, y, headlinesOnly) {
  const found = [];
  for (const network of networks.values()) {
    for (const setting of network.settings) {
      const [across, up] = [setting.values[x.name], setting.values[y.name]];
      if (across && up && (setting.headline || !headlinesOnly)) found.push({ network, setting, across, up });
    }
  }
  return found;
}

function tipOf(point, x, y) {
  const text = ([quantity, bounds]) => {
    const ends = interval(quantity, bounds);
    return `${quantity.title} ${shown(quantity, bounds[0])} ${quantity.unit}${ends && ` (${ends})`}`;
  };
  return `${point.network.name}, ${point.setting.name}: ${[[y, point.up], [x, point.across]].map(text).join(", ")}`;
}

function planeOf(x, y, headlinesOnly, width) {
  const { height, left, right, top, bottom } = PLANE;
  const points = pointsOf(x, y, headlinesOnly);
  const ends = (bounds, quantity) => bounds.filter((value) => value !== null).map((value) => value * quantity.scale);
  const curve = y.name === "accuracy" ? data.curves[x.name] || [] : [];
  const heads = points.filter((point) => point.setting.headline);
  const across = scaleOf(points.map((point) => point.across[0] * x.scale), left, width - right);
  const up = scaleOf(heads.flatMap((point) => ends(point.up, y)), height - bottom, top);
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", class: "plane" });
  svg.setAttribute("aria-label", `${y.title} over ${x.title}; the numbers are in the tables below`);
  const text = (attributes, content) => drawn("text", { fill: "var(--muted)", "font-size": 12, ...attributes }, content);
  for (const tick of across.ticks) {
    const place = across.place(tick);
    svg.append(drawn("path", { d: `M${place} ${top}V${height - bottom}`, class: "grid" }));
    svg.append(text({ x: place, y: height - bottom + 17, "text-anchor": "middle" }, significant(tick, 1 + (tick % 1 ? 1 : 0)).replace(/\.0+$/, "")));
  }
  for (const tick of up.ticks) {
    const place = up.place(tick);
    svg.append(drawn("path", { d: `M${left} ${place}H${width - right}`, class: "grid" }));
    svg.append(text({ x: left - 8, y: place + 4, "text-anchor": "end" }, String(tick)));
  }
  svg.append(text({ x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, `${x.title} (${x.unit})`));
  svg.append(text({ transform: `translate(14 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, `${y.title} (${y.unit})`));
  const inside = drawn("svg", { x: left, y: top, width: width - left - right, height: height - top - bottom, viewBox: `${left} ${top} ${width - left - right} ${height - top - bottom}` });
  svg.append(inside);
  if (curve.length) {
    const path = curve.map(([cost, accuracy]) => `${across.place(cost * x.scale)} ${up.place(accuracy * y.scale)}`).join("L");
    inside.append(drawn("path", { d: `M${path}`, class: "curve" }));
  }
  for (const network of networks.values()) {
    const own = points.filter((point) => point.network === network).sort((a, b) => a.across[0] - b.across[0]);
    if (!own.length) continue;
    const group = drawn("g", { "data-n": network.slug });
    const color = `var(--${network.color})`;
    const places = own.map((point) => [across.place(point.across[0] * x.scale), up.place(point.up[0] * y.scale)]);
    group.append(drawn("path", { d: `M${places.map((place) => place.join(" ")).join("L")}`, fill: "none", style: `stroke:${color}`, opacity: 0.6 }));
    own.forEach((point, number) => {
      const [cx, cy] = places[number];
      const mark = drawn("g", {}, drawn("title", {}, tipOf(point, x, y)));
      if (point.setting.headline && point.up[1] !== null) {
        const [low, high] = [point.up[1], point.up[2]].map((value) => up.place(value * y.scale));
        mark.append(drawn("path", { d: `M${cx} ${low}V${high}`, style: `stroke:${color}`, "stroke-width": 1.4, opacity: 0.7 }));
      }
      const key = document.querySelector(`.legend [data-n="${network.slug}"] .key path:last-child`);
      const size = point.setting.headline ? 1.5 : 0.8;
      mark.append(drawn("path", {
        d: key ? key.getAttribute("d") : "M10 3H16V9H10Z",
        transform: `translate(${cx} ${cy}) scale(${size}) translate(-13 -6)`,
        style: `fill:${point.setting.headline ? color : "var(--paper)"};stroke:${point.setting.headline ? "var(--ink)" : color};stroke-width:.6`,
      }));
      group.append(mark);
    });
    inside.append(group);
  }
  return svg;
}

function captionOf(x, y) {
  const better = (quantity, more, less) => (quantity.high ? more : less);
  const curve = y.name === "accuracy" && data.curves[x.name] ? " The broad grey line is the static curve." : "";
  return `Better is ${better(y, "up", "down")} and to the ${better(x, "right", "left")}. Large: headline settings, with 95 % intervals where they are known.${curve}`;
}

const planeFigure = document.querySelector("#overview figure");

if (planeFigure && data.quantities.length > 1) {
  const choice = (name, label, fallback) => {
    const options = data.quantities.map((quantity) => element("option", { value: quantity.name }, quantity.title));
    const select = element("select", { onchange: () => remember(name, select.value === fallback ? "" : select.value) }, ...options);
    onState([name], () => { select.value = quantities.has(state.get(name)) ? state.get(name) : fallback; });
    return element("label", {}, label, " ", select);
  };
  const families = [...new Set(data.networks.filter((network) => !network.static).map((network) => network.family))];
  const familyChoice = element("select", { onchange: () => remember("family", familyChoice.value) },
    element("option", { value: "" }, "all"), ...families.map((name) => element("option", { value: name }, name)));
  onState(["family"], () => { familyChoice.value = families.includes(family()) ? family() : ""; });
  const headlines = element("input", { type: "checkbox", onchange: () => remember("only", headlines.checked ? "headlines" : "") });
  const controls = element("div", { class: "controls" },
    choice("y", "Upwards", "accuracy"), choice("x", "to the right", "macs"),
    element("label", {}, "networks ", familyChoice), element("label", {}, headlines, " headline settings only"));
  planeFigure.querySelector("h3").after(controls);
  const panels = planeFigure.querySelector(".panels");
  const own = element("div", { class: "panel chosen", hidden: true });
  panels.after(own);
  const caption = planeFigure.querySelector("figcaption");
  const show = () => {
    const [x, y] = [quantities.get(state.get("x")) || quantities.get("macs"), quantities.get(state.get("y")) || quantities.get("accuracy")];
    headlines.checked = state.get("only") === "headlines";
    const asPrinted = !x || !y || (x.name === "macs" && y.name === "accuracy" && !headlines.checked);
    panels.hidden = !asPrinted;
    own.hidden = asPrinted;
    caption.hidden = !asPrinted;
    if (!asPrinted && !pointsOf(x, y, true).length) {
      own.replaceChildren(element("p", { class: "absent" }, "No network has both of these measured."));
      return;
    }
    own.replaceChildren(...(asPrinted ? [] : [planeOf(x, y, headlines.checked, own.clientWidth), element("p", { class: "note" }, captionOf(x, y))]));
    if (!asPrinted) makeTips(own.firstChild);
  };
  onState(["x", "y", "only"], show);
  window.addEventListener("resize", show);
}
