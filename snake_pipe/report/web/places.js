"use strict";

/** Places in the repository, and their addresses on its web host, where it has one. */
class Places {
  constructor(figures) {
    this.links = figures.links;
    this.repositories = figures.repositories;
    this.several = this.repositories.length !== 1;
    this.only = this.repositories[0] ?? "";
  }

  /** What a person reads: the path, with the repository if there are several. */
  label(repository, path, line) {
    return (this.several ? `${repository}/` : "") + path + (line ? `:${line}` : "");
  }

  /** The address of a line; null without a host, or where the name was cut or is of a tree in a document. */
  address(repository, path, line) {
    const link = Object.hasOwn(this.links, repository) ? this.links[repository] : null;
    if (link === null || path.includes("…") || path.includes("#")) return null;
    const name = path.split("/").map(encodeURIComponent).join("/");
    return link.file + name + (line ? link.line + line : "");
  }

  /** A link, or the text alone. */
  show(repository, path, line) {
    const label = this.label(repository, path, line);
    const href = this.address(repository, path, line);
    if (href === null) return element("span", { className: "place" }, label);
    return element("a", { className: "place", href, rel: "noopener noreferrer", target: "_blank" }, label);
  }

  /** Repository and path of names that lead from the root of the map to a file. */
  split(names) {
    const path = names.join("/");
    if (!this.several) return [this.only, path];
    const repository = this.repositories.find((name) => path.startsWith(`${name}/`)) ?? path;
    return [repository, path.slice(repository.length + 1)];
  }
}
