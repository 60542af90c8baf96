/* The test images that are shown, what networks made of them, and what every view of them shares. */

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

function sheetOf(images) {
  const known = images.networks.filter(({ slug }) => networks.has(slug));
  const macs = quantities.get("macs");
  const routed = known.find(({ slug }) => networks.get(slug).routes) || known[0];
  const cost = (network, place) => network.macs[network.route[place]];
  const right = (network, place) => network.answers[place] === images.labels[place];
  const classOf = (label) => images.classes[label] ?? String(label);
  const wrongIn = (place) => known.filter((network) => !right(network, place)).length;
  const describe = (place) => {
    const wrong = wrongIn(place);
    return `image ${place}, ${classOf(images.labels[place])}: ${wrong ? `wrong in ${wrong}` : "right in all"} of ${known.length} networks`;
  };
  const tile = (place, scale) => {
    const [row, column] = [Math.floor(place / images.columns), place % images.columns];
    const box = element("span", { class: "tile", "aria-hidden": "true" });
    box.style.cssText = `width:${images.width * scale}px;height:${images.height * scale}px;`
      + `background-size:${images.columns * images.width * scale}px auto;`
      + `background-position:-${column * images.width * scale}px -${row * images.height * scale}px`;
    return box;
  };
  /* A button that chooses an image; framed where the network is wrong about it. */
  const pick = (network, place, chosen) => element("button", {
    type: "button", class: right(network, place) ? "pick" : "pick err", title: describe(place), "aria-label": describe(place),
    "aria-pressed": "false", "data-image": place, onclick: chosen,
  }, tile(place, images.width > 40 ? 1 : 1.5));
  return { images, known, macs, cost, right, classOf, wrongIn, tile, pick, own: () => known.find(({ slug }) => slug === state.get("of")) || routed };
}

function chosenImage({ images }) {
  const place = Number(state.get("image"));
  return state.get("image") !== null && place >= 0 && place < images.count ? place : null;
}

/* Marks the buttons of the image that is chosen. */
function markChosen(sheet, box) {
  const place = String(chosenImage(sheet));
  for (const button of box.querySelectorAll(".pick")) button.setAttribute("aria-pressed", button.dataset.image === place);
}
