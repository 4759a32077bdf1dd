import type { U } from "u";
import r = require("q");
export interface J extends K<L> { p?: string; m(a: number): void }
type M = Foo<Bar>;
enum E { A, B = 2 }
namespace N.O { export const c = 1; }
abstract class Q<T> implements I {
  constructor(private readonly y: D.E) {}
  protected abstract h(): void;
}
