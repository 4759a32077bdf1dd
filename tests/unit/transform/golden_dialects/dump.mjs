// node dump.mjs NODE_FOLDER TOOL SOURCE: prints the tree that the tool makes of the source, as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [nodeFolder, tool, source] = process.argv.slice(2);
const require = createRequire(join(nodeFolder, "package.json"));
const load = (name) => import(pathToFileURL(join(nodeFolder, "node_modules", name, "index.js")));
const text = readFileSync(source, "utf8");

function compileSolidity(paths) {
  const sources = Object.fromEntries(paths.map((path) => [path, { content: readFileSync(path, "utf8") }]));
  const settings = { outputSelection: { "*": { "": ["ast"] } } };
  return JSON.parse(require("solc").compile(JSON.stringify({ language: "Solidity", sources, settings })));
}

async function markdown() {
  const { fromMarkdown } = await load("mdast-util-from-markdown");
  const { gfm } = await load("micromark-extension-gfm");
  const { gfmFromMarkdown } = await load("mdast-util-gfm");
  return fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

async function treeSitter() {
  const { Language, Parser } = require("web-tree-sitter");
  await Parser.init();
  const grammar = join(nodeFolder, "node_modules/tree-sitter-javascript/tree-sitter-javascript.wasm");
  const parser = new Parser();
  parser.setLanguage(await Language.load(grammar));
  const show = (node, fieldName) => {
    const { type, isNamed, startPosition, endPosition, startIndex, endIndex } = node;
    const place = { startPosition, endPosition, startIndex, endIndex };
    const children = node.children.map((child, index) => show(child, node.fieldNameForChild(index) ?? undefined));
    const rest = children.length ? { children } : { text: node.text };
    return { type, isNamed, fieldName, ...place, ...rest };
  };
  return show(parser.parse(text).rootNode);
}

async function prism() {
  const folder = join(nodeFolder, "node_modules", "@ruby", "prism", "src", "index.js");
  const parse = await (await import(pathToFileURL(folder))).loadPrism();
  return JSON.parse(JSON.stringify(parse(text).value, (_, v) => (typeof v === "bigint" ? String(v) : v)));
}

const TOOLS = {
  prism,
  solc: () => compileSolidity([source]).sources[source].ast,
  "solc-output": () => {
    const { sources } = compileSolidity([source, "solc.sol"]);
    return { sources };
  },
  "php-parser": () => {
    const { Engine } = require("php-parser");
    return new Engine({ parser: { extractDoc: true }, ast: { withPositions: true } }).parseCode(text, source);
  },
  csstree: () => {
    const { parse, toPlainObject } = require("css-tree");
    return toPlainObject(parse(text, { positions: true, filename: source }));
  },
  postcss: () => {
    const tree = require("postcss").parse(text).toJSON();
    return { ...tree, inputs: [{ file: source }] }; // postcss itself writes the absolute path
  },
  graphql: () => require("graphql").parse(text),
  mdast: markdown,
  "tree-sitter": treeSitter,
};

process.stdout.write(JSON.stringify(await TOOLS[tool]()));
