"use strict";

const ROWS_AT_FIRST = 15;

/** A table that is sorted by a click on a column's head; it keeps its order when figures change. */
class SortableTable {
  constructor(host, caption) {
    this.sorted = null;
    this.all = false;
    this.body = element("tbody");
    this.head = element("tr");
    this.more = element("button", { type: "button", className: "more", onclick: () => this.showAll() });
    this.note = element("span", { className: "note" });
    host.append(
      element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": caption },
        element("table", {}, element("caption", { className: "hidden" }, caption), element("thead", {}, this.head), this.body)),
      element("p", { className: "below" }, this.more, " ", this.note),
    );
  }

  /** `cell(kind, value, row)` may make a cell's content; where it gives nothing, the value is text. */
  update(table, places, cell) {
    Object.assign(this, { table, places, cell });
    this.draw();
  }

  showAll() {
    this.all = true;
    this.draw();
  }

  sortBy(index) {
    const descending = this.sorted?.index === index ? !this.sorted.descending : this.table.columns[index][1] !== "text";
    this.sorted = { index, descending };
    this.draw();
    this.head.children[index].firstChild.focus();
  }

  draw() {
    const { columns, rows, total } = this.table;
    this.head.replaceChildren(...columns.map(([label, kind], index) => this.header(label, kind, index)));
    const ordered = this.sorted ? rows.toSorted((a, b) => this.compare(a, b)) : rows;
    const shown = this.all ? ordered : ordered.slice(0, ROWS_AT_FIRST);
    const largest = columns.map(([, kind], index) => (kind === "bar" ? Math.max(1, ...rows.map((row) => row[index])) : 0));
    this.body.replaceChildren(
      ...shown.map((row) => element("tr", {}, ...columns.map(([, kind], index) => this.content(kind, row, index, largest[index])))),
    );
    this.more.hidden = shown.length === ordered.length;
    this.more.textContent = `Show all ${WHOLE.format(ordered.length)}`;
    this.note.textContent = total > rows.length ? `The first ${WHOLE.format(rows.length)} of ${WHOLE.format(total)}.` : "";
    if (rows.length === 0) this.note.textContent = "None.";
  }

  header(label, kind, index) {
    const sorted = this.sorted?.index === index;
    const direction = this.sorted?.descending ? "descending" : "ascending";
    const mark = sorted ? (this.sorted.descending ? " ▼" : " ▲") : "";
    const button = element("button", { type: "button", onclick: () => this.sortBy(index) }, label + mark);
    return element("th", { scope: "col", className: `kind-${kind}`, "aria-sort": sorted ? direction : null }, button);
  }

  compare(a, b) {
    const [left, right] = [sortKey(a[this.sorted.index]), sortKey(b[this.sorted.index])];
    const order = typeof left === "string" || typeof right === "string"
      ? String(left).localeCompare(String(right))
      : left - right;
    return this.sorted.descending ? -order : order;
  }

  content(kind, row, index, largest) {
    const value = row[index];
    const own = this.cell?.(kind, value, row);
    if (own) return element("td", { className: `kind-${kind}` }, own);
    if (kind === "place") return element("td", { className: "kind-place" }, this.places.show(...value));
    const text = FORMATS[kind](value);
    if (kind !== "bar") return element("td", { className: `kind-${kind}` }, text);
    const bar = element("span", { className: "bar-of", "aria-hidden": "true" });
    bar.style.width = `${(100 * value) / largest}%`;
    return element("td", { className: "kind-bar" }, bar, element("span", { className: "bar-text" }, text));
  }
}

function sortKey(value) {
  if (Array.isArray(value)) return value.slice(0, 2).join("/");
  return value ?? -Infinity;
}

/** A table behind a chart: made when it is opened, from what `rows()` gives then. */
function tableBehind(details, caption, columns, rows, places) {
  let table = null;
  const update = () => {
    if (!details.open) return;
    table ??= new SortableTable(details, caption);
    const all = rows();
    table.update({ columns, rows: all, total: all.length }, places?.());
  };
  details.addEventListener("toggle", update);
  return update;
}
