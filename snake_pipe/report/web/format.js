"use strict";

const WHOLE = new Intl.NumberFormat("en");
const DECIMAL = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** Numbers as people read them, by the kind of a column. */
const FORMATS = {
  text: (value) => value ?? "",
  number: (value) => (value === null ? "" : WHOLE.format(value)),
  bar: (value) => WHOLE.format(value),
  decimal: (value) => (value === null ? "" : DECIMAL.format(value)),
  share: (value) => (value === null ? "" : `${DECIMAL.format(value * 100)} %`),
  bytes: (value) => (value === null ? "" : formatBytes(value)),
  ms: (value) => (value === null ? "" : formatMs(value)),
};

function formatBytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${DECIMAL.format(value)} ${units[unit]}`;
}

function formatMs(value) {
  if (value < 1000) return `${DECIMAL.format(value)} ms`;
  if (value < 120000) return `${DECIMAL.format(value / 1000)} s`;
  return value < 7200000 ? `${DECIMAL.format(value / 60000)} min` : `${DECIMAL.format(value / 3600000)} h`;
}

function formatCount(count, one, many) {
  return `${WHOLE.format(count)} ${count === 1 ? one : (many ?? `${one}s`)}`;
}
