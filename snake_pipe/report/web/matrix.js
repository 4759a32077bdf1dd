"use strict";

/** How often the files of one folder import those of another: importers down, imported across. */
class Matrix {
  constructor(section) {
    this.section = section;
    this.host = element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Imports between folders" });
    this.note = element("p", { className: "note" });
    section.append(this.note, this.host);
    this.ties = titled(section, "The strongest ties");
  }

  update({ folders, counts, ties, resolved, total }) {
    this.note.textContent = `${WHOLE.format(resolved)} of ${WHOLE.format(total)} imports lead to another file or a folder of the repository;`
      + " the others lead outside of it, or nowhere for certain. Rows import columns.";
    this.host.hidden = folders.length === 0;
    const between = new Map(counts.map(([from, to, count]) => [`${from}/${to}`, count]));
    const most = counts.reduce((all, [from, to, count]) => (from === to ? all : Math.max(all, count)), 1);
    const head = element("tr", {}, element("th", { scope: "col" }, "from \\ to"),
      ...folders.map((folder, index) => element("th", { scope: "col", title: folder }, String(index + 1))));
    const rows = folders.map((folder, from) => element("tr", {},
      element("th", { scope: "row" }, `${from + 1} ${folder}`),
      ...folders.map((to, index) => tie(between.get(`${from}/${index}`) ?? 0, most, folder, to, from === index))));
    this.host.replaceChildren(element("table", { className: "matrix" },
      element("caption", { className: "hidden" }, "Imports between folders: from the folder of the row to that of the column"),
      element("thead", {}, head), element("tbody", {}, ...rows)));
    this.ties.update(ties, null);
  }
}

function tie(count, most, from, to, isSame) {
  if (count === 0) return element("td", { className: isSame ? "same" : null });
  const step = Math.min(5, Math.floor((6 * Math.log1p(count)) / Math.log1p(most + 1)));
  const words = `${from} imports ${to}: ${WHOLE.format(count)}`;
  return element("td", { className: isSame ? "same" : `step-${step}`, title: words }, WHOLE.format(count));
}
