/* Beside tables and figures: columns that are not wanted, numbers, and files. */

function download(name, type, text) {
  const link = element("a", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const asCsv = (rows) => `${rows.map((row) => row.map((value) => quoted(String(value ?? ""))).join(",")).join("\r\n")}\r\n`;
const TEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "≤": "$\\leq$", "±": "$\\pm$", "×": "$\\times$", "†": "\\dag{}", "‡": "\\ddag{}", "§": "\\S{}", "−": "$-$", "–": "--", "ε": "$\\varepsilon$", "\u00a0": "~" };
const asTex = (text) => text.replace(/[\\~^≤±×−–ε†‡§\u00a0]|[&%$#_{}]/g, (sign) => TEX[sign] || `\\${sign}`);
const asMarkdown = (text) => text.replace(/[\\|<>*_`[\]]/g, "\\$&");

function contentOf(table) {
  const visible = (cell) => getComputedStyle(cell).display !== "none";
  const text = (cell) => {
    const [main, sub] = [cell.querySelector("span") || cell, cell.querySelector("small")];
    const signs = Array.from(cell.querySelectorAll(".mark"), (mark) => mark.textContent).join("");
    return { main: main.textContent.trim() + signs, sub: sub ? sub.textContent.trim() : "", number: cell.dataset.sort };
  };
  const rows = (part) => Array.from(part.rows).filter(visible).map((row) => Array.from(row.cells).filter(visible).map(text));
  return { head: rows(table.tHead)[0], body: rows(table.tBodies[0]) };
}

const both = (cell) => (cell.sub ? `${cell.main} (${cell.sub})` : cell.main);
const FORMATS = {
  CSV: ({ head, body }) => ["csv", "text/csv", asCsv([head.map(both), ...body.map((row) => row.map(both))])],
  Markdown: ({ head, body }) => ["md", "text/markdown", [head.map(both), head.map(() => "---"), ...body.map((row) => row.map(both))]
    .map((row, place) => `| ${row.map((value) => (place === 1 ? value : asMarkdown(value))).join(" | ")} |\n`).join("")],
  LaTeX: ({ head, body }) => ["tex", "text/x-tex", `\\begin{tabular}{l${"r".repeat(head.length - 1)}}\n\\toprule\n${
    [head.map(both), ...body.map((row) => row.map(both))].map((row, place) => `${row.map(asTex).join(" & ")} \\\\\n${place ? "" : "\\midrule\n"}`).join("")
  }\\bottomrule\n\\end{tabular}\n`],
};

for (const table of document.querySelectorAll("table[id^=table-]")) {
  const tools = element("details", { class: "tools" }, element("summary", {}, "Columns, files"));
  const headings = Array.from(table.tHead.rows[0].cells);
  const style = document.head.appendChild(element("style"));
  const name = `hide-${table.id.slice(6)}`;
  const hidden = () => (state.get(name) || "").split(".").filter(Boolean).map(Number);
  const boxes = headings.slice(1).map((heading, place) => {
    const column = place + 2;
    const box = element("input", { type: "checkbox", onchange: () => {
      const others = hidden().filter((other) => other !== column);
      remember(name, (box.checked ? others : [...others, column]).sort((a, b) => a - b).join("."));
    } });
    onState([name], () => { box.checked = !hidden().includes(column); });
    return element("label", {}, box, ` ${heading.textContent.trim().replace(/\s+/g, " ")}`);
  });
  onState([name], () => {
    style.textContent = hidden().map((column) => `#${CSS.escape(table.id)} tr > :nth-child(${column}) { display: none; }`).join("\n");
  });
  const everything = element("button", { type: "button", onclick: () => table.classList.toggle("all") }, "all columns");
  const files = Object.entries(FORMATS).map(([format, write]) => element("button", { type: "button", onclick: () => {
    const [ending, type, text] = write(contentOf(table));
    download(`${data.study}-${table.id.slice(6)}.${ending}`, type, text);
  } }, format));
  tools.append(element("p", {}, "Show ", ...(table.querySelector(".minor") ? [element("span", { class: "phone" }, everything)] : []), ...boxes), element("p", {}, "Download ", ...files));
  table.closest(".scroll").after(tools);

  const sorted = `sort-${table.id.slice(6)}`;
  table.addEventListener("order", ({ detail }) => remember(sorted, detail.direction ? `${detail.column}.${detail.direction}` : ""));
  const [column, direction] = (state.get(sorted) || "").split(".").map(Number);
  if (table.classList.contains("sortable") && headings[column]) showOrder(table, column, Math.sign(direction) || 0);
}

function standalone(svg) {
  const copy = svg.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("font-family", "sans-serif");
  const text = new XMLSerializer().serializeToString(copy);
  return text.replace(/var\(--([a-z-]+)\)/g, (found, name) => data.theme[name] || found);
}

for (const figure of document.querySelectorAll("figure[data-figure]")) {
  const table = data.figures[figure.dataset.figure];
  const tools = element("details", { class: "tools" }, element("summary", {}, "Numbers, files"));
  const place = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Numbers of the figure ${figure.dataset.figure}` });
  const rowsOf = () => {
    const names = Object.keys(table);
    return [names, ...table[names[0]].map((_, row) => names.map((name) => table[name][row]))];
  };
  const files = [element("button", { type: "button", onclick: () => {
    figure.querySelectorAll(".panel:not(.narrow) svg[role=img]").forEach((svg, number) => {
      download(`${data.study}-${figure.dataset.figure}-${number + 1}.svg`, "image/svg+xml", standalone(svg));
    });
  } }, "SVG")];
  if (table) {
    files.push(element("button", { type: "button", onclick: () => download(`${data.study}-${figure.dataset.figure}.csv`, "text/csv", asCsv(rowsOf())) }, "CSV"));
    tools.addEventListener("toggle", () => {
      if (!tools.open || place.firstChild) return;
      const [names, ...rows] = rowsOf();
      place.append(element("table", {}, element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name)))),
        element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((value) => element("td", { class: typeof value === "number" ? "num" : "words" }, typeof value === "number" ? significant(value, 4) : value ?? "")))))));
    });
  }
  tools.append(element("p", {}, "Download ", ...files), ...(table ? [place] : []));
  figure.append(tools);
}

const themeButton = element("button", { type: "button", class: "theme", onclick: () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const order = ["", dark ? "light" : "dark"];
  remember("theme", order[(order.indexOf(state.get("theme") || "") + 1) % 2]);
} });
document.querySelector("header .overline").append(themeButton);
onState(["theme"], () => {
  const theme = state.get("theme") || "";
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  themeButton.textContent = dark ? "light colours" : "dark colours";
});

if (state.get("at")) document.getElementById(state.get("at"))?.scrollIntoView();
