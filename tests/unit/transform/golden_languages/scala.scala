package a.b
import x.y.Z
import x.w._
import q.{R => S, T, _}
import a.b as c, d.*
/** Says A. */
@ann("x") abstract class A[T <: B](private val p: Int, q: String) extends C[D](p) with I {
  def this(z: Long) = this(1, "")
  override protected def m[R: Ord](s: List[T])(implicit e: E): Option[R] = { val v = s.size; var (k, l) = pair; this.w = v; if (p > 1 && v < 2) q.r(s) else new F(1) }
  lazy val w: Int = 0
  type L = M[Int]
  val x: Int
  def d(): Unit
}
case class Cc(a: Int, b: String = "x")
object O extends P { def apply(x: Int): Int = x match { case Cc(a, _) if a > 1 => a; case y: Int => y; case z @ Some(_) => 1; case _ => foo } ; for { i <- xs; j = i if j > 1 } yield f(i) }
sealed trait Tr { self: Q => }
package object po
enum Color(val c: Int) { case Red extends Color(1); case Green, Blue }
given ord: Ord[Int] with { def cmp(a: Int) = 1 }
extension (s: String) def ext: Int = s.length
implicit class Rich(val u: Int) extends AnyVal
private[this] val (m, n) = t
def f = a map g _ ; val s = s"$x ${y.z}" ; xs.foreach(x => println(x)) ; try f() catch { case e: Ex => throw e } finally g() ; a.b.c = 1 ; while (x) { }
