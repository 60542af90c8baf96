/* Drawings of networks: whose images colour the units. */

const drawings = Array.from(document.querySelectorAll("svg.graph"), (svg) => ({ svg, shares: JSON.parse(svg.dataset.shares) }));

if (drawings.length) {
  const groups = [...new Set(drawings.flatMap(({ shares }) => Object.keys(shares)))];
  const choice = element("select", { onchange: () => remember("units", choice.value === groups[0] ? "" : choice.value) },
    ...groups.map((name) => element("option", { value: name }, name)));
  document.getElementById("graphs").querySelector("h3").after(
    element("div", { class: "controls" }, element("label", {}, "Share of ", choice)));
  onState(["units"], () => {
    const name = groups.includes(state.get("units")) ? state.get("units") : groups[0];
    choice.value = name;
    for (const { svg, shares } of drawings) {
      const own = shares[name] || shares[groups[0]];
      svg.classList.toggle("same", !(name in shares));
      svg.querySelectorAll(".unit").forEach((unit, place) => {
        unit.style.setProperty("--share", `${own[place]}%`);
        unit.classList.toggle("dark", own[place] >= 70);
        unit.querySelector("title").textContent = `${unit.dataset.unit}: used for ${own[place]} % of images${unit.dataset.cost}`;
        const text = unit.querySelector("text:not(.under)");
        if (text) text.textContent = own[place];
      });
    }
  });
}
