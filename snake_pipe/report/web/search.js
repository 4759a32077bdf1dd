"use strict";

const MOST_FOUND = 40;

/** The search field: files and definitions by a part of their name, the best first. */
class Search {
  constructor(reveal) {
    this.reveal = reveal;
    this.field = byId("search");
    this.list = byId("found");
    this.found = [];
    this.at = -1;
    this.field.addEventListener("input", () => this.search());
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      event.preventDefault();
      this.field.focus();
    });
  }

  update(figures, places) {
    const { words, files, definitions } = figures.search;
    this.places = places;
    const path = (folder, name) => (words[folder] ? `${words[folder]}/${name}` : name);
    this.entries = definitions.map(([name, kind, repository, folder, file, line]) =>
      ({ name, lower: name.toLowerCase(), kind: words[kind], repository: words[repository], path: () => path(folder, file), line }))
      .concat(files.map(([repository, folder, name]) =>
        ({ name, lower: name.toLowerCase(), kind: "file", repository: words[repository], path: () => path(folder, name), line: null })));
  }

  search() {
    const wanted = this.field.value.trim().toLowerCase();
    this.found = wanted ? best(this.entries, wanted) : [];
    this.at = this.found.length ? 0 : -1;
    this.list.replaceChildren(...this.found.map((entry, index) => element("li", {
      id: `found-${index}`, role: "option", onclick: () => this.choose(index),
    }, element("b", {}, entry.name), ` ${entry.kind} `, element("span", { className: "where" }, this.places.label(entry.repository, entry.path(), entry.line)))));
    if (wanted && this.found.length === 0) this.list.append(element("li", { className: "nothing" }, "Nothing found on this page."));
    this.list.hidden = !wanted;
    this.field.setAttribute("aria-expanded", String(Boolean(wanted)));
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.at)));
    const option = this.list.children[this.at];
    if (this.found.length && option) {
      this.field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (this.found.length) this.at = (this.at + step + this.found.length) % this.found.length;
      this.mark();
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      this.choose(this.at);
    } else if (event.key === "Escape") {
      this.close();
    }
  }

  choose(index) {
    const entry = this.found[index];
    this.close();
    this.reveal(entry.repository, entry.path(), entry.line, entry.kind === "file" ? "" : `${entry.kind} ${entry.name}`);
  }

  close() {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }
}

/** Whole names first, then beginnings, then parts of names, then of paths; within one rank as they come. */
function best(entries, wanted) {
  const ranks = [[], [], [], []];
  for (const entry of entries) {
    const at = entry.lower.indexOf(wanted);
    const rank = at < 0 ? 3 : at > 0 ? 2 : entry.lower.length === wanted.length ? 0 : 1;
    if (ranks[rank].length < MOST_FOUND && (at >= 0 || (entry.kind === "file" && entry.path().toLowerCase().includes(wanted)))) ranks[rank].push(entry);
    if (ranks[0].length === MOST_FOUND) break;
  }
  return ranks.flat().slice(0, MOST_FOUND);
}
