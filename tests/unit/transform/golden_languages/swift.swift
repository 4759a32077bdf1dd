import Foundation
@testable import A.B

/// Says A.
@objc public final class A<T: P>: C, I where T: Q {
  private(set) var x: Int = 1, y: String?
  static let k = [1: "a"]
  init(a: Int, _ b: B) throws { self.x = a; super.init() }
  deinit { }

  /// Says m.
  override func m<R>(from s: [T], with q: E = .one) async throws -> D<T>? {
    guard let v = s.first, x > 1 && x < 2 else { return nil }
    let r = try await foo.bar(s) ?? E()
    self.w.n += 1
    return r as? D<T>
  }
  var p: Int { get { 1 } set { x = newValue } }
  subscript(i: Int) -> Int { return 1 }
  typealias L = M
}

struct S { var a: Int; func b() {} }
enum En: String { case u = "u", v(Int, l: X); case w }
protocol P: AnyObject {
  associatedtype T
  func d(_ a: Int) -> T
  var g: Int { get }
}
extension S: P, Q { func e() { } }
actor Ac {}

func top(_ f: @escaping (Int) -> Void) {
  f(1)
  g { $0.x }
  switch a {
  case .b(let c) where c > 1: break
  default: d()
  }
  for i in 0..<2 { }
  do { try h() } catch let e as Err { throw e }
  let (m, n) = t
  o?.p!.q()
  x = { [weak self] (a: Int, b) in a + b }
}
let z = 1
