import D, { a as b } from "./m";
import * as ns from "x";
export * from "z";
const { p, q: r } = require("fs");

/** Says A. */
export default class A extends B.C {
  static #n = 1;
  constructor(x) { super(); this.x = x; }
  get g() { return this.#n ?? ns.k; }
}
export const f = async (u, { v }) => { const w = u && v; return w; };
Foo.prototype.bar = function () {};
const o = { k: () => 1, l() {} };
