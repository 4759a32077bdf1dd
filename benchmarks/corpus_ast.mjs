// Turns JavaScript and TypeScript sources into AST files with the real parsers.
//
//   node corpus_ast.mjs NODE_FOLDER < jobs
//
// NODE_FOLDER is the folder that holds `node_modules`. Each line of standard input is a job,
// `PARSER <tab> SOURCE <tab> TARGET`; each line of standard output is an answer, `ok <tab> TARGET` or
// `failed <tab> SOURCE <tab> REASON`. Sources a parser refuses are answers, not an end.

import { createRequire } from "node:module";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(resolve(process.argv[2] ?? "."), "package.json"));

const asModule = (parse) => (code, name) => {
  try {
    return parse(code, name, "module");
  } catch {
    return parse(code, name, "script");
  }
};

// Loaded when first used: a job list with one parser needs only that package.
const PARSERS = {
  acorn: () => {
    const { parse } = require("acorn");
    return asModule((code, _, sourceType) =>
      parse(code, { ecmaVersion: "latest", sourceType, locations: true, allowHashBang: true }),
    );
  },
  espree: () => {
    const { parse } = require("espree");
    return asModule((code, name, sourceType) =>
      parse(code, {
        ecmaVersion: "latest",
        sourceType,
        loc: true,
        range: true,
        comment: true,
        ecmaFeatures: { jsx: name.endsWith("x") },
      }),
    );
  },
  meriyah: () => {
    const { parse } = require("meriyah");
    return asModule((code, name, sourceType) =>
      parse(code, { sourceType, ranges: true, loc: true, jsx: name.endsWith("x"), next: true }),
    );
  },
  babel: () => {
    const { parse } = require("@babel/parser");
    return (code, name) => {
      const plugins = [
        ...(/\.[cm]?tsx?$/.test(name) ? ["typescript"] : []),
        ...(/\.[cm]?ts$/.test(name) ? [] : ["jsx"]),
      ];
      return parse(code, { sourceType: "unambiguous", plugins });
    };
  },
  "typescript-estree": () => {
    const { parse } = require("@typescript-eslint/typescript-estree");
    return (code, name) => parse(code, { loc: true, range: true, comment: true, jsx: name.endsWith("x") });
  },
};

const loaded = new Map();

function parser(name) {
  if (!loaded.has(name)) {
    if (!PARSERS[name]) throw new Error(`no parser ${name}`);
    loaded.set(name, PARSERS[name]());
  }
  return loaded.get(name);
}

// ESTree keeps the text of a bigint literal in `bigint`; its `value` has no JSON.
const plain = (_, value) => (typeof value === "bigint" ? null : value);

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (!line) continue;
  const [name, source, target] = line.split("\t");
  try {
    const tree = parser(name)(readFileSync(source, "utf8"), source);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(`${target}.part`, JSON.stringify(tree, plain) + "\n");
    renameSync(`${target}.part`, target);
    console.log(`ok\t${target}`);
  } catch (error) {
    console.log(`failed\t${source}\t${String(error?.message ?? error).split("\n")[0]}`);
  }
}
