/* A network that is chosen in a legend or a table stands out everywhere; families that are not wanted disappear. */

const focusRules = document.head.appendChild(element("style"));
const chosen = () => (state.get("focus") || "").split(",").filter((slug) => networks.has(slug));
const family = () => state.get("family") || "";

function toggleFocus(slug) {
  const now = chosen();
  remember("focus", (now.includes(slug) ? now.filter((other) => other !== slug) : [...now, slug]).join(","));
}

function rules() {
  const focused = chosen();
  const lines = [];
  for (const [slug, network] of networks) {
    if (family() && network.family !== family() && !network.static) lines.push(`[data-n="${slug}"] { display: none; }`);
  }
  if (focused.length) {
    const own = focused.map((slug) => `[data-n="${slug}"]`).join(", ");
    lines.push(`.panel:not([data-n]) svg [data-n]:not(${own}) { opacity: 0.1; }`, `.panel[data-n]:not(${own}) { opacity: 0.35; }`);
    for (const slug of focused) {
      const color = `var(--${networks.get(slug).color})`;
      lines.push(`svg [data-n="${slug}"] { --guide: ${color}; }`);
      lines.push(`tr[data-n="${slug}"] > :first-child { box-shadow: inset 4px 0 ${color}; }`);
      lines.push(`tr[data-n="${slug}"] > * { background: var(--faint); }`);
      lines.push(`.panel[data-n="${slug}"] { outline: 2px solid ${color}; }`);
    }
  }
  return lines.join("\n");
}

const focusBar = element("p", { class: "focus", role: "status" });
document.querySelector("nav").append(focusBar);

const BOUNDS = ["least", "ms", "budget", "weights", "robust"];
const onlyBudget = () => state.get("only") === "budget" && BOUNDS.some((name) => state.get(name));

onState(["focus", "family", "only", ...BOUNDS], () => {
  focusRules.textContent = rules();
  const focused = chosen();
  for (const button of document.querySelectorAll(".legend button")) {
    button.setAttribute("aria-pressed", focused.includes(button.dataset.n));
  }
  const what = [...focused.map((slug) => networks.get(slug).name), ...(family() ? [`only “${family()}”`] : []), ...(onlyBudget() ? ["only what keeps the budget"] : [])];
  focusBar.replaceChildren(...(what.length ? [
    `Highlighted: ${what.join(", ")} `,
    element("button", { type: "button", onclick: () => { remember("focus", ""); remember("family", ""); remember("only", ""); } }, "show all"),
  ] : []));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest(".legend button, tr[data-n] > th");
  const owner = button && button.closest("[data-n]");
  if (owner && networks.has(owner.dataset.n)) toggleFocus(owner.dataset.n);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen().length) remember("focus", "");
});
