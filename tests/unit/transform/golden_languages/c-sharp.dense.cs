using System;
using X = C.D;
namespace N.M {
  /// Says A.
  [Attr]
  public abstract class A<T> : B, I<T> {
    private static readonly int x = 1, y;
    public int P { get; set; }
    public A(int p) : base(p) { this.x = q.r.S(p); }
    async Task<int> M(U u) { int loc = u; void L() {} return new Foo(); }
  }
  enum E { P }
}
