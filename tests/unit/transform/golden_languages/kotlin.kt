package a.b

import x.y.Z
import x.w.*
import q.R as S

/** Says A. */
@Ann("x")
abstract class A<T : B>(private val p: Int, q: String) : C<D>(p), I {
    companion object {
        const val K = 1
        fun make() = A()
    }
    constructor(z: Long) : this(1, "")

    override fun m(s: List<T>?): E? {
        val v = s?.size ?: return null
        this.w.n += v
        if (p > 1 && v > 2) {
            q.r(s)
        }
        return F()
    }
    var w: Int = 0
        private set
}

interface L {
    fun d()
}

enum class En(val c: Int) {
    U(1),
    V
}

object O : P()
typealias Al = Map<String, x.U>

// Says ext.
private suspend fun <X> String.ext(a: X = d, vararg b: Int): Unit where X : Any {
    b.forEach { it -> println("$it ${a.b}") }
    val (k, l) = pair
    for (i in 1..2) {
        when (i) {
            is Int -> 1
            else -> 3
        }
    }
    try {
        f()
    } catch (e: Ex) {
        throw e
    }
}

val top by lazy(3)
