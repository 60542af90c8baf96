"use strict";

/* Tables: sorted by a click on a heading, best first; a third click restores the order of the page. */

function valueOf(row, column) {
  const text = row.cells[column].dataset.sort;
  if (text === undefined) return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function compare(a, b) {
  if (typeof a === "string" || typeof b === "string") return String(a).localeCompare(String(b));
  return a - b;
}

function sortBy(table, column, direction) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row) => ({ row, place: Number(row.dataset.place), value: valueOf(row, column) }));
  rows.sort((a, b) => {
    if (direction === 0) return a.place - b.place;
    if (a.value === null || b.value === null) return (a.value === null) - (b.value === null) || a.place - b.place;
    return direction * compare(a.value, b.value) || a.place - b.place;
  });
  body.append(...rows.map((item) => item.row));
}

function showOrder(table, column, direction) {
  Array.from(table.tHead.rows[0].cells).forEach((heading, place) => {
    if (place === column && direction) heading.setAttribute("aria-sort", direction < 0 ? "descending" : "ascending");
    else heading.removeAttribute("aria-sort");
  });
  sortBy(table, column, direction);
}

for (const table of document.querySelectorAll("table.sortable")) {
  Array.from(table.tBodies[0].rows).forEach((row, place) => { row.dataset.place = place; });
  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const first = heading.dataset.best === "high" ? -1 : 1;
      const now = { ascending: 1, descending: -1 }[heading.getAttribute("aria-sort")] || 0;
      const next = now === 0 ? first : now === first ? -first : 0;
      showOrder(table, column, next);
      table.dispatchEvent(new CustomEvent("order", { detail: { column, direction: next } }));
    });
  });
}
