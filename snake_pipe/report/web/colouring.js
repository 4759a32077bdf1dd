"use strict";

const DAY = 86400;

/** What cells may be coloured by: a figure of a node, the bounds between six steps, and words. */
const COLOURINGS = {
  complexity: {
    label: "complexity of functions",
    value: (node) => (node.functions ? node.complexity / node.functions : null),
    bounds: [2, 3, 5, 8, 12],
    text: (value) => `${DECIMAL.format(value)} a function`,
    steps: ["below 2", "2 to 3", "3 to 5", "5 to 8", "8 to 12", "12 and more branches a function"],
    none: "no functions",
  },
  errors: {
    label: "files with errors",
    value: (node) => (node.files ? node.errors / node.files : null),
    bounds: [Number.MIN_VALUE, 0.05, 0.2, 0.5, 1],
    text: (value, node) => `${WHOLE.format(node.errors)} of ${WHOLE.format(node.files)} with errors`,
    steps: ["none", "below 5 %", "5 to 20 %", "20 to 50 %", "50 % and more", "all of the files"],
    none: "no files",
  },
  age: {
    label: "age of the last change",
    value: (node, now) => (node.day === null ? null : Math.max(0, now / DAY - node.day)),
    bounds: [7, 30, 90, 365, 1095],
    text: (value) => (value < 1 ? "today" : `${formatCount(Math.floor(value), "day")} ago`),
    steps: ["within 7 days", "30 days", "90 days", "a year", "3 years", "longer ago"],
    none: "unknown",
  },
};

/** The step of a value, 0 to 5; null without one. */
function stepOf(colouring, value) {
  if (value === null) return null;
  const step = colouring.bounds.findIndex((bound) => value < bound);
  return step < 0 ? colouring.bounds.length : step;
}
