"use strict";

/** The page: each part is made once, and shows whatever figures it is given. */
class Page {
  constructor() {
    this.treemap = new Treemap();
    this.timeline = new Timeline();
    this.charts = new RunCharts();
    this.search = new Search((...place) => this.treemap.reveal(...place));
    this.tables = {
      languages: new SortableTable(byId("languages"), "Languages"),
      statuses: new SortableTable(byId("statuses"), "Files by status"),
      files_with_errors: titled(byId("statuses"), "Files with errors"),
      hot_spots: new SortableTable(byId("hot-spots"), "Hot spots"),
      largest: titled(byId("definitions"), "The largest"),
      most_used: titled(byId("definitions"), "The most used"),
    };
    this.triggers = new SortableTable(byId("triggers"), "Why batches left their queues");
    this.matrix = new Matrix(byId("imports"));
    byId("contents").replaceChildren(...[...document.querySelectorAll("main > section")].map((section) =>
      element("a", { href: `#${section.id}` }, section.querySelector("h2").textContent)));
    startTheme(() => this.charts.redraw());
  }

  update(figures) {
    const places = new Places(figures);
    byId("title").textContent = figures.repositories.join(", ") || "an empty dataset";
    byId("totals").replaceChildren(...pairs(figures.totals.map(([label, value]) => [label, label === "bytes" ? "bytes" : "number", value])));
    if (figures.tree.cells.length) this.treemap.update(figures, places);
    for (const [name, table] of Object.entries(this.tables)) table.update(figures[name], places);
    this.matrix.update(figures.imports);
    this.search.update(figures, places);
    byId("notes").replaceChildren(...notes(figures).map((note) => element("li", {}, note)));
    if (figures.job) this.updateRun(figures.job);
    byId("run").hidden = !figures.job;
  }

  updateRun(job) {
    this.timeline.update(job);
    this.triggers.update(job.triggers, null);
    byId("run-state").textContent = `Job ${job.id}: ${job.state}${job.message ? ` (${job.message})` : ""}, begun ${new Date(job.created_at * 1000).toLocaleString("en-GB")}.`;
    byId("facts").replaceChildren(...pairs(job.facts));
    this.charts.update(job);
  }
}

function titled(host, title) {
  host.append(element("h3", {}, title));
  return new SortableTable(host, title);
}

function pairs(figures) {
  return figures.map(([label, kind, value]) => element("div", {}, element("dt", {}, label), element("dd", {}, FORMATS[kind](value))));
}

/** What a reader should know of how the figures were made, and of what was cut. */
function notes(figures) {
  const { tree, search, job } = figures;
  const held = tree.cells.filter((cell) => cell[2] >= 0).length;
  const files = tree.cells[0]?.[3] ?? 0;
  const days = tree.cells[0]?.[8];
  const made = new Date(figures.made_at * 1000).toLocaleString("en-GB");
  const commits = Object.entries(figures.links).map(([name, { file, commit }]) =>
    `Links of ${name} lead to ${new URL(file).host}, to commit ${commit.slice(0, 12)}, at which the folder was when this page was made.`);
  return [
    `Made by snake-pipe ${figures.version} on ${made}. It asks nothing of the network.`,
    held < files ? `The map holds the ${WHOLE.format(held)} largest of ${WHOLE.format(files)} files; the others are in the cells "more files" of their folders.`
      : `The map holds all ${WHOLE.format(files)} files.`,
    `The search finds ${WHOLE.format(search.files.length)} of ${WHOLE.format(search.file_total)} files (the largest), and ${WHOLE.format(search.definitions.length)} of ${WHOLE.format(search.definition_total)} definitions (types, functions and macros, the most used).`,
    ...(job && job.batches.length < job.batch_total ? [`Of the newest run the ${WHOLE.format(job.batches.length)} longest of ${WHOLE.format(job.batch_total)} batches are here.`] : []),
    "Uses are counted by name: definitions of the same name share them. Definitions whose bounds are in doubt are not among the hot spots and the largest.",
    ...(days !== undefined && days !== null ? ["Ages are those of the files on disk; a fresh checkout makes all of them new."] : []),
    ...commits,
  ];
}

const PAGE = new Page();
PAGE.update(JSON.parse(byId("figures").textContent));
