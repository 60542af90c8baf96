/* One image: a row for every network, with its route and exits, and pictures of what attacks made of it. */

function routeCell({ images, classOf }, network, place) {
  const route = network.routes[network.route[place]];
  const ran = network.units.filter((_, unit) => route[unit] === "1").length;
  const boxes = network.units.map((name, unit) => element("i", { class: route[unit] === "1" ? "ran" : "", title: name }));
  const cell = element("td", { class: "route" }, element("span", { "aria-hidden": "true" }, ...boxes),
    element("small", {}, `${ran} of ${network.units.length} units ran`));
  if (network.exits) cell.append(exitList(images, classOf, network, route, place));
  return cell;
}

/* What every exit says: the one where the image left, those that it passed, and those that it never reached. */
function exitList(images, classOf, { exits }, route, place) {
  const left = exits.units.findLastIndex((unit) => route[unit] === "1");
  return element("ol", { class: "exits", "aria-label": "Exits" }, ...exits.units.map((unit, exit) => {
    const answer = exits.answers[exit][place];
    const sure = exits.confidences[exit][place];
    const right = answer === images.labels[place];
    const [kind, where] = exit > left ? ["unreached", "not reached"] : exit === left ? ["left", "left here"]
      : route[unit] === "1" ? ["passed", "passed"] : ["unreached", "switched off"];
    const item = element("li", { class: `${kind}${right ? "" : " err"}`, title: `exit ${exit + 1}: ${classOf(answer)}, ${sure} %, ${where}` },
      element("b", {}, `${classOf(answer)}${right ? "" : " ✗"}`), ` ${sure} %`, element("span", { class: "unseen" }, ` ${where}`));
    item.style.setProperty("--sure", `${sure}%`);
    return item;
  }));
}

function fallsAt({ images }, network, place) {
  const fall = network.falls[place];
  return fall === -2 ? "–" : fall === -1 ? "held" : images.epsilons[fall];
}

function imageTable(sheet, place) {
  const { images, known, macs, cost, right, classOf } = sheet;
  const head = [["Network"], ["Answer"], ["Confidence", "num"], [macs ? macs.unit : "MACs", "num"],
    [known.some(({ exits }) => exits) ? "Route, and exits" : "Route"],
    ...(images.epsilons.length ? [["Fooled at ε", "num"]] : []), ...(images.slowed ? [[`Slowed, ε ${images.slowed}`, "num"]] : [])];
  const rows = known.map((network) => {
    const fine = right(network, place);
    const slowed = network.slowed_macs[place];
    return element("tr", { "data-n": network.slug },
      element("th", { scope: "row" }, keyOf(network.slug), networks.get(network.slug).name),
      element("td", { class: fine ? "" : "err" }, `${classOf(network.answers[place])}${fine ? "" : " ✗"}`),
      element("td", { class: "num" }, `${network.confidences[place]} %`),
      element("td", { class: "num" }, shown(macs, cost(network, place))),
      routeCell(sheet, network, place),
      ...(images.epsilons.length ? [element("td", { class: "num" }, fallsAt(sheet, network, place))] : []),
      ...(images.slowed ? [element("td", { class: "num" }, slowed === null ? "–" : shown(macs, slowed))] : []));
  });
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Image ${place} in every network` },
    element("table", {},
      element("thead", {}, element("tr", {}, ...head.map(([name, kind]) => element("th", { scope: "col", class: kind }, name)))),
      element("tbody", {}, ...rows)));
}

/* A picture with its answer: the clean image, or what an attack made of it. */
function face({ images, classOf }, place, picture, title, answer, confidence, more) {
  const right = answer === images.labels[place];
  return element("div", {}, picture, element("span", {}, title),
    element("span", { class: right ? "" : "err" }, `${classOf(answer)}${right ? "" : " ✗"}, ${confidence} %`),
    ...more.map((text) => element("span", {}, text)));
}

function attackedFace(sheet, network, kind, place, scale) {
  const found = network[kind];
  if (!found) return [];
  const { images, macs, classOf, tile } = sheet;
  const [answer, exact, by] = [found.answers[place], found.exact[place], found.by[place]];
  const title = `${kind}, ε ${found.epsilon}`;
  const more = [];
  if (kind === "slowed") more.push(found.png[place] ? `${shown(macs, found.macs[place])} ${macs.unit}` : "no dearer one found");
  else more.push(by === "none" ? "wrong without an attack" : by ? `by ${by}` : "held");
  if (exact !== answer) more.push(`before rounding: ${classOf(exact)}`);
  const picture = found.png[place] ? element("img", {
    src: `data:image/png;base64,${found.png[place]}`, alt: `image ${place}, ${kind}`,
    width: images.width * scale, height: images.height * scale,
  }) : tile(place, scale);
  return [face(sheet, place, picture, title, answer, found.confidences[place], more)];
}

function attackedImages(sheet, place) {
  const { images, known, macs, cost, tile } = sheet;
  const attacked = known.filter((network) => network.attacked || network.slowed);
  if (!attacked.length) return [];
  if (place >= images.pictured) {
    return [element("p", { class: "note" }, `Of attacked images, this page has room for pictures of the first ${images.pictured}: images 0 to ${images.pictured - 1}.`)];
  }
  const scale = Math.max(1, Math.floor(84 / images.width));
  const cards = attacked.map((network) => element("figure", { class: "faces", "data-n": network.slug },
    element("figcaption", {}, keyOf(network.slug), networks.get(network.slug).name),
    face(sheet, place, tile(place, scale), "clean", network.answers[place], network.confidences[place],
      network.slowed ? [`${shown(macs, cost(network, place))} ${macs.unit}`] : []),
    ...["attacked", "slowed"].flatMap((kind) => attackedFace(sheet, network, kind, place, scale))));
  return [element("h4", {}, "The same image under attack"),
    element("p", { class: "note" }, "Attacked: the first of the attacks that fooled the network, or the last one if it held. Slowed: the dearest "
      + "version that was found. Answers are to the pictures as they are here, with 8 bits; where the attack’s own image had another "
      + `answer before it was rounded, that is said. There are pictures of images 0 to ${images.pictured - 1}.`),
    element("div", { class: "faces-of" }, ...cards)];
}

function imageDetail(sheet, place) {
  const { images, known, classOf, wrongIn, tile } = sheet;
  return [
    element("div", { class: "portrait" }, tile(place, Math.max(1, Math.min(6, 168 / images.width))),
      element("p", {}, element("b", {}, `Image ${place}`), element("br"), `label: ${classOf(images.labels[place])}`, element("br"),
        `wrong in ${wrongIn(place)} of ${known.length} networks`)),
    imageTable(sheet, place),
    element("div", { class: "whole" }, ...attackedImages(sheet, place))];
}
