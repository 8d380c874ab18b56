import CloudModel

/// Paths that differ in nothing but where they start, told as one.
struct PathGroup {
    var first: AttackPath
    /// How many more there are.
    var more: Int

    /// ` (and 3 others alike)`, or nothing.
    var others: String { more == 0 ? "" : more == 1 ? " (and 1 other alike)" : " (and \(more) others alike)" }

    /// The groups in the order of their first paths. A path without a group stands for itself.
    static func groups(of paths: [AttackPath]) -> [PathGroup] {
        var groups: [PathGroup] = []
        var places: [String: Int] = [:]
        for path in paths {
            let key = path.group ?? path.id
            if let place = places[key] {
                groups[place].more += 1
            } else {
                places[key] = groups.count
                groups.append(PathGroup(first: path, more: 0))
            }
        }
        return groups
    }
}
