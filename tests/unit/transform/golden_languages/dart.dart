library lib;
import 'dart:io';
import 'package:a/b.dart' as c show D hide E;
export 'x.dart';
part 'p.dart';
/// Says A.
@ann
abstract class A<T extends B> extends C<D> with M implements I {
  static const int k = 1;
  final String? _p;
  A(this._p, {int q = 1}) : super(q);
  A.named() : _p = null;
  factory A.f() => A(null);
  Future<int> m(List<T> s) async { var v = s.length; if (v > 1 && v < 2) { await p.q(s); } return v ?? F(); }
  int get g => 1;
  set g(int x) { w = x; }
  void d();
  operator ==(Object o) => true;
}
mixin M on N { }
enum En { u, v }
extension Ex on String { int e() => 1; }
typedef Al = int Function(int);
void top(int a, [b]) { for (var i in x) { } switch (a) { case 1: break; default: } try { h(); } on E catch (e) { rethrow; } final l = (z) => z.y; }
const t = 1;
