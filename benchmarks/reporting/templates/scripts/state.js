/* What a reader has chosen, kept in the address of the page, so that a link shows the same. */

const data = JSON.parse(document.getElementById("data").textContent);
const networks = new Map(data.networks.map((network) => [network.slug, network]));
const quantities = new Map(data.quantities.map((quantity) => [quantity.name, quantity]));
const state = new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");
const followers = [];

function remember(name, value) {
  if (value) state.set(name, value);
  else state.delete(name);
  history.replaceState(null, "", state.size ? `#?${state}` : location.pathname + location.search);
  for (const follow of followers) follow(name);
}

function onState(names, follow) {
  followers.push((name) => { if (names.includes(name)) follow(); });
  follow();
}

window.addEventListener("hashchange", () => {
  const section = location.hash.slice(1);
  if (!section || section.startsWith("?")) return;
  state.set("at", section);
  history.replaceState(null, "", `#?${state}`);
});

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function significant(value, digits = 3) {
  if (value === 0) return "0";
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function shown(quantity, value) {
  const scaled = value * quantity.scale;
  return quantity.unit === "%" ? scaled.toFixed(1) : significant(scaled);
}

function interval(quantity, [value, low, high]) {
  if (low === null || high === null || low === high) return "";
  return `${shown(quantity, low)}–${shown(quantity, high)}`;
}

function keyOf(slug) {
  const key = document.querySelector(`.legend [data-n="${slug}"] .key, tr[data-n="${slug}"] .key`);
  return key ? key.cloneNode(true) : "";
}
