import Crypto

/// Hashes and proofs of an append-only tree: RFC 6962 §2.1, checked as RFC 9162 §2.1.3.2 and §2.1.4.2 say. Pure.
public enum MerkleTree {
    /// The root of a tree without leaves.
    public static let empty = Array(SHA256.hash(data: [UInt8]()))
    /// The hash of a leaf.
    public static func leaf(_ data: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: [0] + data)) }
    /// The hash over two subtrees.
    public static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: [1] + left + right)) }

    // MARK: Checking

    /// The root that a proof leads to from the leaf at `index`; `nil` when the proof is not of the right length.
    public static func root(of leaf: [UInt8], at index: UInt64, in size: UInt64, proof: [[UInt8]]) -> [UInt8]? {
        guard index < size else { return nil }
        var place = index
        var last = size - 1
        var hash = leaf
        for other in proof {
            guard last != 0 else { return nil }
            if place & 1 == 1 || place == last {
                hash = node(other, hash)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                hash = node(hash, other)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }

    /// Whether the tree of `newSize` is the one of `oldSize` with nothing but new leaves.
    public static func isConsistent(
        _ oldSize: UInt64, _ oldRoot: [UInt8], with newSize: UInt64, _ newRoot: [UInt8], proof: [[UInt8]]
    ) -> Bool {
        if oldSize == newSize { return proof.isEmpty && oldRoot == newRoot }
        if oldSize == 0 { return proof.isEmpty && oldRoot == empty }
        guard oldSize < newSize else { return false }
        var path = proof[...]
        if oldSize & (oldSize - 1) == 0 { path = ([oldRoot] + proof)[...] }
        guard let first = path.popFirst() else { return false }
        var place = oldSize - 1
        var last = newSize - 1
        while place & 1 == 1 {
            place >>= 1
            last >>= 1
        }
        var (old, new) = (first, first)
        for other in path {
            guard last != 0 else { return false }
            if place & 1 == 1 || place == last {
                old = node(other, old)
                new = node(other, new)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                new = node(new, other)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }

    // MARK: Making

    /// Gives the hash of the whole subtree of 2^`level` leaves that is the `position`th of its level.
    public typealias Nodes = (_ level: UInt64, _ position: UInt64) throws -> [UInt8]

    /// The root of the first `size` leaves.
    public static func root(size: UInt64, _ nodes: Nodes) throws -> [UInt8] { size == 0 ? empty : try hash(0, size, nodes) }

    /// What leads from the leaf at `index` to the root of the first `size` leaves.
    public static func inclusion(of index: UInt64, in size: UInt64, _ nodes: Nodes) throws -> [[UInt8]] {
        guard index < size else { return [] }
        var (start, end) = (UInt64(0), size)
        var proof: [[UInt8]] = []
        while end - start > 1 {
            let middle = start + split(end - start)
            if index < middle {
                proof.append(try hash(middle, end, nodes))
                end = middle
            } else {
                proof.append(try hash(start, middle, nodes))
                start = middle
            }
        }
        return proof.reversed()
    }

    /// What shows that the first `oldSize` leaves are the beginning of the first `newSize`.
    public static func consistency(from oldSize: UInt64, to newSize: UInt64, _ nodes: Nodes) throws -> [[UInt8]] {
        guard oldSize > 0, oldSize < newSize else { return [] }
        var (start, end) = (UInt64(0), newSize)
        var proof: [[UInt8]] = []
        var isWhole = true
        while end != oldSize {
            let middle = start + split(end - start)
            if oldSize <= middle {
                proof.append(try hash(middle, end, nodes))
                end = middle
            } else {
                proof.append(try hash(start, middle, nodes))
                start = middle
                isWhole = false
            }
        }
        if !isWhole { proof.append(try hash(start, end, nodes)) }
        return proof.reversed()
    }

    /// The largest power of two below `count`, which is at least 2.
    private static func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }

    private static func hash(_ start: UInt64, _ end: UInt64, _ nodes: Nodes) throws -> [UInt8] {
        let count = end - start
        if count & (count - 1) == 0 {
            let level = UInt64(count.trailingZeroBitCount)
            return try nodes(level, start >> level)
        }
        let middle = start + split(count)
        return node(try hash(start, middle, nodes), try hash(middle, end, nodes))
    }
}
