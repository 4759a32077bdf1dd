package a.b;
import java.util.List;
import static x.Y.*;
/** Says A. */
@Ann
public abstract class A<T extends B> extends C<D> implements I {
  private static final int X = 1, y;
  public A(int p) { this.q = p; }
  protected <R> R m(List<R> s) throws E { return p.q.r(s) && t ? new F() : null; }
  enum En { U, V }
  interface In { int K = 1; void d(); }
}
