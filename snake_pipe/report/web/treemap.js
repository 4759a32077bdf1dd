"use strict";

const MOST_CELLS_DRAWN = 900;
const LEAST_SIDE = 4;
const HEADER = 18;

/** The map of one folder, two levels deep; it keeps its folder when figures change. */
class Treemap {
  constructor() {
    this.host = byId("treemap");
    this.detail = byId("detail");
    this.colour = byId("colour");
    this.names = [];
    for (const [name, { label }] of Object.entries(COLOURINGS)) this.colour.append(element("option", { value: name }, label));
    this.colour.addEventListener("change", () => this.draw());
    this.host.addEventListener("keydown", (event) => this.onKey(event));
    this.updateTable = tableBehind(
      byId("map-table"), "The folder as a table",
      [["name", "text"], ["files", "number"], ["lines", "bar"], ["complexity of a function", "decimal"], ["files with errors", "number"], ["days since the last change", "number"]],
      () => this.rows(),
    );
    new ResizeObserver(() => {
      if (this.tree && this.host.clientWidth !== this.drawnWidth) this.draw();
    }).observe(this.host);
  }

  update(figures, places) {
    this.tree = new FolderTree(figures.tree);
    this.places = places;
    this.now = figures.made_at;
    this.title = figures.repositories.length === 1 ? figures.repositories[0] : "all repositories";
    this.draw();
  }

  get folder() {
    const node = this.tree.find(this.names);
    return node.isFolder ? node : node.parent;
  }

  open(node) {
    this.names = this.tree.names(node);
    this.draw();
    this.host.querySelector("button")?.focus();
  }

  /** Show where a file is; `more` is told beside it. */
  reveal(repository, path, line, more) {
    const names = this.places.label(repository, path).split("/");
    const node = this.tree.find(names);
    this.names = this.tree.names(node.isFolder ? node : node.parent);
    this.draw();
    const button = [...this.host.querySelectorAll("button")].find((each) => each.node === node);
    button?.focus({ preventScroll: true });
    byId("map").scrollIntoView({ block: "start" });
    this.detail.replaceChildren(...(more ? [element("b", {}, more), " in "] : []), this.places.show(repository, path, line));
  }

  draw() {
    const { folder } = this;
    this.names = this.tree.names(folder);
    this.colouring = COLOURINGS[this.colour.value];
    this.drawPath(folder);
    this.drawLegend();
    const focused = document.activeElement?.node;
    this.drawnWidth = this.host.clientWidth;
    const cells = layout(folder, this.host.clientWidth, this.host.clientHeight);
    this.host.replaceChildren(...cells.map((cell) => this.cell(cell)));
    const buttons = [...this.host.querySelectorAll("button")];
    const again = focused && buttons.find((each) => this.key(each.node) === this.key(focused));
    this.moveTo(again ?? buttons[0], Boolean(again));
    if (cells.length === 0) this.host.append(element("p", { className: "note" }, "No lines in this folder."));
    this.describe(folder);
    this.updateTable();
  }

  key(node) {
    return JSON.stringify(this.tree.names(node));
  }

  cell({ data: { node, isGroup }, x0, y0, x1, y1 }) {
    const value = this.colouring.value(node, this.now);
    const step = stepOf(this.colouring, value);
    const text = value === null ? this.colouring.none : this.colouring.text(value, node);
    const [width, height] = [x1 - x0, y1 - y0];
    const name = node.isFolder ? `${node.name}/` : node.name;
    const button = element("button", {
      type: "button", tabIndex: -1,
      className: `cell step-${step ?? "none"}${isGroup ? " group" : ""}${node.isFolder ? " folder" : ""}`,
      "aria-label": `${name} ${text}, ${formatCount(node.lines, "line")}`,
      title: `${name}\n${formatCount(node.lines, "line")}\n${text}`,
      onclick: () => (node.isFolder ? this.open(node) : this.describe(node)),
      onfocus: () => this.describe(node),
    });
    button.node = node;
    Object.assign(button.style, { left: `${x0}px`, top: `${y0}px`, width: `${width}px`, height: `${height}px` });
    if (width > 34 && height > 14) button.append(element("span", { className: "name" }, name));
    if (!isGroup && width > 60 && height > 32) button.append(" ", element("span", { className: "figure" }, text));
    return button;
  }

  describe(node) {
    const value = this.colouring.value(node, this.now);
    const [repository, path] = this.places.split(this.tree.names(node));
    const where = node.parent === null ? this.title
      : node.isFolder || node.isRest ? this.places.label(repository, path) : this.places.show(repository, path, null);
    this.detail.replaceChildren(
      element("b", {}, where),
      ` · ${formatCount(node.files, "file")} · ${formatCount(node.lines, "line")}`
      + ` · ${value === null ? this.colouring.none : this.colouring.text(value, node)}`
      + (node.language ? ` · ${node.language}` : ""),
    );
  }

  drawPath(folder) {
    const steps = [];
    for (let node = folder; node; node = node.parent) steps.unshift(node);
    byId("path").replaceChildren(...steps.flatMap((node, index) => {
      const name = node.parent ? node.name : this.title;
      const here = index === steps.length - 1;
      const step = element("button", {
        type: "button", className: "crumb", "aria-current": here ? "location" : null, onclick: () => this.open(node),
      }, name);
      return index ? [" / ", step] : [step];
    }));
  }

  drawLegend() {
    byId("legend").replaceChildren(
      ...this.colouring.steps.map((text, step) => element("li", {}, element("span", { className: `key step-${step}` }), text)),
      element("li", {}, element("span", { className: "key step-none" }), this.colouring.none),
    );
  }

  rows() {
    return this.folder.children.map((node) => [
      node.isFolder ? `${node.name}/` : node.name, node.files, node.lines, COLOURINGS.complexity.value(node), node.errors,
      node.day === null ? null : Math.floor(COLOURINGS.age.value(node, this.now)),
    ]);
  }

  moveTo(button, focus) {
    for (const each of this.host.querySelectorAll('button[tabindex="0"]')) each.tabIndex = -1;
    if (!button) return;
    button.tabIndex = 0;
    if (focus) button.focus({ preventScroll: true });
  }

  onKey(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step) {
      event.preventDefault();
      this.moveTo(nearest(this.host, event.target, step) ?? event.target, true);
    } else if (event.key === "Backspace" && this.folder.parent) {
      event.preventDefault();
      this.open(this.folder.parent);
    }
  }
}

/** Rectangles of a folder's children and of theirs; what is too small to see is left out. */
function layout(folder, width, height) {
  const inside = (node, depth) => ({
    node,
    isGroup: depth === 1 && node.isFolder,
    children: (depth === 0 || (depth === 1 && node.isFolder)) && node.children.length
      ? node.children.map((child) => inside(child, depth + 1))
      : undefined,
  });
  const root = d3.hierarchy(inside(folder, 0)).sum((each) => (each.children ? 0 : each.node.lines)).sort((a, b) => b.value - a.value);
  d3.treemap().size([width, height]).round(true).paddingInner(2).paddingTop((each) => (each.depth === 1 ? HEADER : 0))(root);
  return root.descendants()
    .filter((each) => each.depth && each.x1 - each.x0 >= LEAST_SIDE && each.y1 - each.y0 >= LEAST_SIDE)
    .sort((a, b) => a.depth - b.depth || b.value - a.value)
    .slice(0, MOST_CELLS_DRAWN);
}

/** The button that an arrow leads to: the one whose middle is nearest in that direction. */
function nearest(host, from, [dx, dy]) {
  const middle = (button) => {
    const box = button.getBoundingClientRect();
    return [box.left + Math.min(box.width / 2, 200), button.classList.contains("group") ? box.top + HEADER / 2 : box.top + box.height / 2];
  };
  const [x, y] = middle(from);
  let best = null;
  let least = Infinity;
  for (const button of host.querySelectorAll("button")) {
    const [toX, toY] = middle(button);
    const ahead = (toX - x) * dx + (toY - y) * dy;
    const aside = Math.abs((toX - x) * dy) + Math.abs((toY - y) * dx);
    const distance = ahead + 2 * aside;
    if (button !== from && ahead > 1 && distance < least) [best, least] = [button, distance];
  }
  return best;
}
