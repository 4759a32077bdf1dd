"use strict";

const LANE = 26;
const LABELS = 74;
const AXIS = 22;

/** Why a batch left its queue: a letter that stands in its bar, and a word. */
const TRIGGERS = {
  size: ["S", "size: as many files as a batch has"],
  bytes: ["B", "bytes: as many bytes as a batch has"],
  timer: ["T", "timer: its oldest file had waited long enough"],
  priority: ["P", "priority: an urgent file came"],
  memory: ["M", "memory was short"],
  manual: ["U", "manual: somebody asked for it"],
  close: ["C", "close: the input had ended"],
  retry: ["R", "retry: of a batch that was lost"],
};

/** The columns of a batch. */
const [EPOCH, BATCH, LANGUAGE, TRIGGER, FILES, BYTES, STARTED, DURATION, WORKER, WAITED, ESTIMATED_MS, ESTIMATED_MEMORY, MEMORY, ATTEMPT, STATUS] =
  Array.from({ length: 15 }, (_, index) => index);

const BATCH_COLUMNS = [
  ["run", "number"], ["batch", "number"], ["language", "text"], ["trigger", "text"], ["files", "number"], ["bytes", "bytes"],
  ["started, after", "ms"], ["took", "bar"], ["worker", "text"], ["waited", "ms"], ["estimated", "ms"],
  ["memory estimated", "bytes"], ["memory", "bytes"], ["attempt", "number"], ["status", "text"],
];

/** What each worker did when: a lane a worker, a bar a batch. */
class Timeline {
  constructor() {
    this.host = byId("timeline");
    const details = element("details", {}, element("summary", {}, "The batches as a table"));
    byId("triggers-legend").after(details);
    this.updateTable = tableBehind(details, "Batches", BATCH_COLUMNS, () => this.rows());
    new ResizeObserver(() => {
      if (this.job && this.host.clientWidth !== this.drawnWidth) this.draw();
    }).observe(this.host);
  }

  update(job) {
    this.job = job;
    this.draw();
    this.updateTable();
  }

  draw() {
    this.drawnWidth = this.host.clientWidth;
    const batches = this.job.batches.filter((batch) => batch[STARTED] !== null);
    const used = new Set(batches.map((batch) => batch[TRIGGER]));
    byId("triggers-legend").replaceChildren(...Object.entries(TRIGGERS).filter(([name]) => used.has(name)).map(([name, [letter, words]]) =>
      element("li", {}, element("span", { className: `key trigger-${name}` }, letter), words)));
    if (batches.length === 0) {
      this.host.replaceChildren(element("p", { className: "note" }, "No batch has been committed yet."));
      return;
    }
    const start = batches.reduce((least, batch) => Math.min(least, batch[STARTED]), Infinity);
    const end = batches.reduce((most, batch) => Math.max(most, batch[STARTED] + batch[DURATION]), start + 1);
    const { lanes, laneOf } = lanesOf(batches);
    const width = Math.max(300, this.drawnWidth);
    const height = lanes * LANE + AXIS;
    const x = (time) => LABELS + ((time - start) / (end - start)) * (width - LABELS - 12);
    const svg = shape("svg", { width, height, role: "img", "aria-label": `${batches.length} batches of ${lanes} workers over ${formatMs(end - start)}` });
    for (let lane = 0; lane < lanes; lane += 1) {
      svg.append(
        shape("rect", { class: "lane", x: LABELS, y: lane * LANE + 1, width: width - LABELS, height: LANE - 2 }),
        shape("text", { class: "lane-name", x: 0, y: lane * LANE + 17 }, `worker ${lane + 1}`),
      );
    }
    for (const time of ticks(end - start, width)) {
      svg.append(
        shape("line", { class: "tick", x1: x(start + time), x2: x(start + time), y1: 0, y2: lanes * LANE }),
        shape("text", { class: "tick-name", x: x(start + time), y: height - 6 }, formatMs(time)),
      );
    }
    svg.append(...batches.map((batch) => bar(batch, x, laneOf.get(workerOf(batch)) * LANE)));
    this.host.replaceChildren(svg);
  }

  rows() {
    const start = this.job.batches.reduce((least, batch) => Math.min(least, batch[STARTED] ?? Infinity), Infinity);
    return this.job.batches.map((batch) => batch.map((value, index) => {
      if (index === STARTED) return value === null ? null : value - start;
      return index === WORKER ? String(value ?? "lost") : value;
    }));
  }
}

function bar(batch, x, y) {
  const [left, right] = [x(batch[STARTED]), x(batch[STARTED] + batch[DURATION])];
  const width = Math.max(1, right - left - 0.5);
  const words = `batch ${batch[BATCH]} of ${batch[LANGUAGE]}: ${batch[TRIGGER]}, ${formatCount(batch[FILES], "file")}, `
    + `${formatBytes(batch[BYTES])}, ${formatMs(batch[DURATION])}, worker ${batch[WORKER]}`;
  const drawn = shape("g", {}, shape("rect", { class: `batch trigger-${batch[TRIGGER]}`, x: left, y: y + 3, width, height: LANE - 6 }), shape("title", {}, words));
  if (width > 14) drawn.append(shape("text", { class: "letter", x: left + 4, y: y + 17 }, (TRIGGERS[batch[TRIGGER]] ?? ["?"])[0]));
  return drawn;
}

/** A run's processes are others than those of another run, whatever their numbers. */
function workerOf(batch) {
  return `${batch[EPOCH]}/${batch[WORKER]}`;
}

/** Workers that were there one after the other share a lane: there are as many as worked at once. */
function lanesOf(batches) {
  const spans = new Map();
  for (const batch of batches) {
    const span = spans.get(workerOf(batch)) ?? [Infinity, -Infinity];
    spans.set(workerOf(batch), [Math.min(span[0], batch[STARTED]), Math.max(span[1], batch[STARTED] + batch[DURATION])]);
  }
  const ends = [];
  const laneOf = new Map();
  for (const [worker, [first, last]] of [...spans].sort((a, b) => a[1][0] - b[1][0])) {
    const free = ends.findIndex((end) => end <= first);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = last;
    laneOf.set(worker, lane);
  }
  return { lanes: ends.length, laneOf };
}

function ticks(span, width) {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5, 216e5, 864e5];
  const most = Math.max(2, Math.floor(width / 110));
  const step = steps.find((each) => span / each <= most) ?? span / most;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
}
