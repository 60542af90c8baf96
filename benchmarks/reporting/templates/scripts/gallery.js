/* For every network that routes, the images with its shortest and with its longest route. */

const EXTREMES = 12;

function extremes({ images, cost, right }, network) {
  const places = images.labels.map((_, place) => place);
  const sure = (place) => network.confidences[place];
  const easy = places.filter((place) => right(network, place))
    .sort((a, b) => cost(network, a) - cost(network, b) || sure(b) - sure(a) || a - b);
  const hard = places.sort((a, b) => cost(network, b) - cost(network, a) || sure(a) - sure(b) || a - b);
  return [["Shortest route, and right", easy.slice(0, EXTREMES)], ["Longest route", hard.slice(0, EXTREMES)]];
}

function gallery(sheet, open) {
  const box = document.getElementById("gallery");
  const { images, known, macs, cost, pick } = sheet;
  const routed = known.filter((network) => new Set(images.labels.map((_, place) => cost(network, place))).size > 1);
  for (const network of routed) {
    const rows = extremes(sheet, network).filter(([, places]) => places.length).map(([name, places]) => {
      const mean = places.reduce((sum, place) => sum + cost(network, place), 0) / places.length;
      const text = `${name}: ${shown(macs, mean)} ${macs.unit}${places.every((place) => cost(network, place) === mean) ? "" : " on average"}`;
      return element("div", {}, element("p", {}, text),
        element("div", { class: "tiles", role: "group", "aria-label": `${networks.get(network.slug).name}: ${name.toLowerCase()}` },
          ...places.map((place) => pick(network, place, () => open(network, place)))));
    });
    box.append(element("div", { class: "extremes", "data-n": network.slug },
      element("h4", {}, keyOf(network.slug), networks.get(network.slug).name), ...rows));
  }
  box.hidden = !routed.length;
  onState(["image"], () => markChosen(sheet, box));
}
