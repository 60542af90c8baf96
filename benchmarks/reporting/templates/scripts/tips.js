/* What a mark of a figure says: by pointing at it, by a tap, and by the arrow keys once the figure has the focus. */

const tipLine = document.body.appendChild(element("p", { class: "tip", role: "status", hidden: true }));

function showTip(mark) {
  for (const other of document.querySelectorAll(".told")) other.classList.remove("told");
  tipLine.hidden = !mark;
  tipLine.textContent = mark ? mark.querySelector("title").textContent : "";
  if (mark) mark.classList.add("told");
}

function makeTips(svg) {
  const marks = Array.from(svg.querySelectorAll("g")).filter((group) => group.firstElementChild?.tagName === "title");
  if (!marks.length) return;
  let now = -1;
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    now = (now + step + marks.length) % marks.length;
    showTip(marks[now]);
  });
  svg.addEventListener("blur", () => showTip(null));
  marks.forEach((mark, place) => mark.addEventListener("click", () => { now = place; showTip(mark); }));
}

document.querySelectorAll("figure svg[role=img]").forEach(makeTips);
