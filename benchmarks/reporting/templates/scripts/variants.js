/* Many networks of one method: legends and tables show the first of them until the others are asked for. */

const MANY = 30;
const FEW_VARIANTS = 4;
const variants = new Map();
for (const network of networks.values()) {
  const own = variants.get(network.method) || [];
  own.push(network);
  variants.set(network.method, own);
}
const grouped = networks.size > MANY ? [...variants.values()].filter((own) => own.length > FEW_VARIANTS) : [];
const unfolded = () => (state.get("variants") || "").split(",").filter(Boolean);

if (grouped.length) {
  const folded = document.head.appendChild(element("style"));
  const bar = element("p", { class: "controls variants" });
  document.querySelector("nav").append(bar);
  const buttons = grouped.map(([{ method, title }, ...others]) => {
    const button = element("button", { type: "button", onclick: () => {
      const now = unfolded();
      remember("variants", (now.includes(method) ? now.filter((other) => other !== method) : [...now, method]).join(","));
    } });
    bar.append(button);
    return { button, method, title, others };
  });
  onState(["variants"], () => {
    const now = unfolded();
    const hidden = buttons.flatMap(({ button, method, title, others }) => {
      const open = now.includes(method);
      button.textContent = `${title}: ${open ? "only the first" : `${others.length} more`}`;
      button.setAttribute("aria-expanded", open);
      return open ? [] : others;
    });
    folded.textContent = hidden.map(({ slug }) => `:is(tr, li)[data-n="${slug}"] { display: none; }`).join("\n");
  });
}
