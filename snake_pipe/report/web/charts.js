"use strict";

/** The columns of a point in time. */
const [TIME, MEMORY_NOW, MEMORY_LIMIT, BUSY, FILES_DONE, BYTES_DONE, QUEUED] = Array.from({ length: 7 }, (_, index) => index);

/** A limit this many times above the most that was used is told in words: its line would flatten all else. */
const LIMIT_IN_SIGHT = 4;

/** As many rates are drawn at most, each over as many points as that takes. */
const MOST_RATES = 120;

/** Seconds between two marks of the axis of time. */
const TIMES = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400, 604800, 2592000];

/** One chart with its title, and its points as a table behind it. */
class Chart {
  constructor(host, title, columns) {
    this.note = element("p", { className: "note" });
    this.plot = element("div", { className: "plot", role: "img", "aria-label": title });
    const details = element("details", {}, element("summary", {}, "As a table"));
    host.append(element("figure", {}, element("figcaption", {}, title), this.plot, this.note, details));
    this.updateTable = tableBehind(details, title, columns, () => this.rows);
    this.rows = [];
    new ResizeObserver(() => {
      if (this.drawing && this.plot.clientWidth) this.drawing.setSize(this.size());
    }).observe(this.plot);
  }

  size() {
    return { width: this.plot.clientWidth, height: 220 };
  }

  update({ rows, data, options, note }) {
    this.rows = rows;
    this.note.textContent = note;
    this.updateTable();
    this.drawing?.destroy();
    this.drawing = null;
    this.plot.replaceChildren();
    if (data[0].length < 2) {
      this.note.textContent = "Fewer than two points: no chart.";
      return;
    }
    this.drawing = new uPlot({ ...this.size(), cursor: { drag: { x: false, y: false } }, ...options }, data, this.plot);
  }

  redraw() {
    this.drawing?.redraw(false, true);
  }
}

/** Memory, rates and estimates of a run. */
class RunCharts {
  constructor() {
    const host = byId("charts");
    this.memory = new Chart(host, "Memory of all processes", [["after", "ms"], ["memory", "bytes"], ["limit", "bytes"], ["workers at work", "number"]]);
    this.files = new Chart(host, "Files a second", [["after", "ms"], ["files a second", "decimal"], ["files done", "number"], ["files that wait", "number"]]);
    this.bytes = new Chart(host, "Bytes a second", [["after", "ms"], ["bytes a second", "bytes"], ["bytes done", "bytes"]]);
    this.times = new Chart(host, "Time of batches: estimated, and what it was", [["estimated", "ms"], ["was", "ms"], ["language", "text"], ["batch", "number"]]);
    this.needs = new Chart(host, "Memory of batches: estimated, and what it was", [["estimated", "bytes"], ["was", "bytes"], ["language", "text"], ["batch", "number"]]);
  }

  update(job) {
    const points = job.samples;
    const start = points.length ? points[0][TIME] : 0;
    const seconds = points.map((point) => point[TIME] - start);
    this.memory.update(memoryOver(points, seconds));
    this.files.update(rateOver(points, seconds, FILES_DONE, (value) => DECIMAL.format(value), [QUEUED]));
    this.bytes.update(rateOver(points, seconds, BYTES_DONE, formatBytes, []));
    this.times.update(estimates(job.batches, ESTIMATED_MS, DURATION, formatMs));
    this.needs.update(estimates(job.batches, ESTIMATED_MEMORY, MEMORY, formatBytes));
  }

  redraw() {
    for (const chart of [this.memory, this.files, this.bytes, this.times, this.needs]) chart.redraw();
  }
}

function colourOf(name) {
  return () => getComputedStyle(document.documentElement).getPropertyValue(name) && resolved(name);
}

/** A colour of the style as the canvas takes it: `light-dark()` is known to the style alone. */
function resolved(name) {
  const probe = byId("title");
  const before = probe.style.outlineColor;
  probe.style.outlineColor = `var(${name})`;
  const colour = getComputedStyle(probe).outlineColor;
  probe.style.outlineColor = before;
  return colour;
}

function axis(format, more) {
  return {
    stroke: colourOf("--text"), grid: { stroke: colourOf("--line"), width: 1 }, ticks: { stroke: colourOf("--line"), width: 1 },
    font: "12px system-ui, sans-serif", values: (_, values) => values.map((value) => (value === null ? "" : format(value))), ...more,
  };
}

function timeAxis() {
  return axis((value) => formatMs(value * 1000), { incrs: TIMES, space: 60 });
}

/** Lines at powers of ten alone. */
function decades() {
  const isPower = (value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6;
  return { stroke: colourOf("--line"), width: 1, filter: (_, splits) => splits.map((value) => (isPower(value) ? value : null)) };
}

function line(label, colour, more) {
  return { label, stroke: colourOf(colour), width: 2, points: { show: false }, ...more };
}

const AFTER = { scale: "x", label: "after", value: (_, value) => (value === null ? "" : formatMs(value * 1000)) };

function memoryOver(points, seconds) {
  const used = points.map((point) => point[MEMORY_NOW]);
  const limits = points.map((point) => point[MEMORY_LIMIT]);
  const most = used.reduce((a, b) => Math.max(a, b), 0);
  const limit = limits.at(-1) ?? 0;
  const inSight = limit > 0 && limit < LIMIT_IN_SIGHT * most;
  return {
    rows: points.map((point, index) => [seconds[index] * 1000, point[MEMORY_NOW], point[MEMORY_LIMIT], point[BUSY]]),
    data: inSight ? [seconds, used, limits] : [seconds, used],
    options: {
      scales: { x: { time: false }, y: { range: (_, __, top) => [0, (top || 1) * 1.1] } },
      axes: [timeAxis(), axis(formatBytes, { size: 76 })],
      series: [AFTER, line("memory", "--line-1", { value: (_, value) => (value === null ? "" : formatBytes(value)) }),
        ...(inSight ? [line("limit", "--line-2", { dash: [8, 5], value: (_, value) => (value === null ? "" : formatBytes(value)) })] : [])],
    },
    note: limit ? `At most ${formatBytes(most)}, ${DECIMAL.format((100 * most) / limit)} % of the limit of ${formatBytes(limit)}`
      + (inSight ? " (dashed)." : ", which is far above the chart.") : "",
  };
}

function rateOver(points, seconds, column, format, more) {
  // A resumed run counts from nothing again.
  const done = points.map((point, index) => {
    const before = index && point[column] >= points[index - 1][column] ? points[index - 1][column] : 0;
    return index ? point[column] - before : 0;
  });
  const over = Math.ceil(points.length / MOST_RATES);
  const rates = points.map((_, index) => {
    const first = Math.max(0, index - over);
    const span = seconds[index] - seconds[first];
    return span > 0 ? done.slice(first + 1, index + 1).reduce((a, b) => a + b, 0) / span : null;
  });
  return {
    rows: points.map((point, index) => [seconds[index] * 1000, rates[index], point[column], ...more.map((each) => point[each])]),
    data: [seconds, rates],
    options: {
      scales: { x: { time: false }, y: { range: (_, __, top) => [0, (top || 1) * 1.1] } },
      axes: [timeAxis(), axis(format, { size: 76 })],
      series: [AFTER, line("a second", "--line-1", { value: (_, value) => (value === null ? "" : format(value)) })],
    },
    note: over > 1 ? `Each over ${formatMs((1000 * over * seconds.at(-1)) / (points.length - 1))}.` : "",
  };
}

/** A point a batch, both axes logarithmic; the line is where the estimate is right. */
function estimates(batches, estimated, measured, format) {
  const known = batches.filter((batch) => batch[estimated] > 0 && batch[measured] > 0).sort((a, b) => a[estimated] - b[estimated]);
  const [x, y] = [known.map((batch) => batch[estimated]), known.map((batch) => batch[measured])];
  const close = known.filter((batch) => batch[measured] < 2 * batch[estimated] && batch[estimated] < 2 * batch[measured]).length;
  return {
    rows: known.map((batch) => [batch[estimated], batch[measured], batch[LANGUAGE], batch[BATCH]]),
    data: [x, y, x],
    options: {
      scales: { x: { time: false, distr: 3 }, y: { distr: 3 } },
      axes: [axis(format, { space: 70, grid: decades() }), axis(format, { size: 76, grid: decades() })],
      series: [
        { ...AFTER, label: "estimated", value: (_, value) => (value === null ? "" : format(value)) },
        line("was", "--line-1", { paths: () => null, points: { show: true, size: 6, stroke: colourOf("--line-1"), fill: colourOf("--line-1") }, value: (_, value) => (value === null ? "" : format(value)) }),
        line("as estimated", "--line-2", { dash: [8, 5], value: (_, value) => (value === null ? "" : format(value)) }),
      ],
    },
    note: known.length ? `${formatCount(close, "batch", "batches")} of ${WHOLE.format(known.length)} within twice or half of the estimate (dashed).`
      : "No batch had an estimate yet.",
  };
}
