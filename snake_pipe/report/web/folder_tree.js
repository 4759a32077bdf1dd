"use strict";

/** The repository's folders and files; what the page does not hold of a folder is one more child of it. */
class FolderTree {
  constructor(figures) {
    const { languages, cells } = figures;
    this.nodes = cells.map(([folder, name, language, files, lines, functions, complexity, errors, day]) => ({
      folder, name, language: languages[language], isFolder: language < 0, isRest: false,
      files, lines, functions, complexity, errors, day, children: [],
    }));
    this.root = this.nodes[0] ?? null;
    for (const node of this.nodes) {
      node.parent = node.folder < 0 ? null : this.nodes[node.folder];
      node.parent?.children.push(node);
    }
    for (const node of this.nodes) if (node.isFolder) addRest(node);
  }

  /** The names that lead to a node. */
  names(node) {
    const names = [];
    for (let at = node; at?.parent; at = at.parent) names.unshift(at.name);
    return names;
  }

  /** The node that names lead to, or the last one on the way that is here. */
  find(names) {
    let node = this.root;
    for (const name of names) {
      const next = node.children.find((child) => child.name === name && !child.isRest);
      if (next === undefined) break;
      node = next;
    }
    return node;
  }
}

function addRest(folder) {
  const rest = { parent: folder, isFolder: false, isRest: true, day: null, children: [] };
  for (const figure of ["files", "lines", "functions", "complexity", "errors"]) {
    rest[figure] = folder[figure] - folder.children.reduce((sum, child) => sum + child[figure], 0);
  }
  if (rest.files === 0) return;
  rest.name = `${formatCount(rest.files, "more file")}`;
  folder.children.push(rest);
}
