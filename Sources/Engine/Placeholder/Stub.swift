import CloudModel

// Stands in until network reachability and controls are there; whoever brings them deletes this file.
struct NetworkReachability {
    let snapshot: CloudSnapshot
    init(_ snapshot: CloudSnapshot) { self.snapshot = snapshot }
    func exposures() -> [Exposure] { [] }
}
