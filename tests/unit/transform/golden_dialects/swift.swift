import Swift

public protocol Ware: Hashable {
    associatedtype Unit
    func weigh(_ unit: Unit) -> Double
}

let limit = 3

final class Till<T: Ware>: Box {
    private(set) var wares: [T] = []

    init(wares: [T]) {
        self.wares = wares
    }

    public func sum(_ start: Int, by step: Int = 2) throws -> Side? {
        var total = start
        total += limit
        if total > 1 && known(step), let ware = wares.first {
            return Side(rawValue: "a\(ware)")
        }
        for side in 0..<3 { print(side) }
        guard total < 9 else { throw Trouble.much(total) }
        switch step {
        case 1: self.wares[0] = wares[1]
        default: return nil
        }
        let add = { (a: Int) in a + 1 }
        return (add(total) as Int) == 1 ? .left : nil
    }
}

class Box {}

enum Side: String {
    case left, right = "é"
}

enum Trouble: Error { case much(Int) }

extension Box {
    fileprivate func known(_ count: Int) -> Bool { return true }
}
