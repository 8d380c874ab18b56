/// What a control plane tells of a tenant's log to somebody who remembers.
public struct AuditWord: Sendable, Hashable, Codable {
    /// The log's key.
    public var key: String
    /// Its newest checkpoint: a signed note.
    public var checkpoint: String
    /// The size of the checkpoint that the witness said it holds; 0 when it said none.
    public var since: UInt64
    /// What shows that the log only grew since, base64.
    public var proof: [String]
    /// A word of these parts.
    public init(key: String, checkpoint: String, since: UInt64, proof: [String]) {
        self.key = key
        self.checkpoint = checkpoint
        self.since = since
        self.proof = proof
    }
}

/// Somebody outside of the control plane who remembers the last checkpoint, such as an agent: a log that is changed afterwards, or shown to
/// others in another form, cannot be made to agree with it. The first word is taken as it is.
public struct AuditWitness: Sendable, Hashable, Codable {
    /// The log's key, as it was first told.
    public let key: String
    /// The newest checkpoint that agreed with all before: a signed note.
    public let checkpoint: String
    /// How many entries it covers.
    public let size: UInt64

    /// Remembers the first word.
    ///
    /// - Throws: ``AuditError`` when it is not signed with its own key.
    public init(_ word: AuditWord) throws(AuditError) {
        size = try AuditKey(word.key).open(word.checkpoint).size
        key = word.key
        checkpoint = word.checkpoint
    }

    /// Remembers a later word in place of this one.
    ///
    /// - Throws: ``AuditError`` `inconsistent` when the log is not the one it was, `badKey` when it has another key; then this one is kept, and
    ///   somebody has to be told.
    public func after(_ word: AuditWord) throws(AuditError) -> AuditWitness {
        guard Array(word.key.utf8) == Array(key.utf8) else { throw AuditError(.badKey, "the audit log has another key than before") }
        let trusted = try AuditKey(key)
        let old = try trusted.open(checkpoint)
        let new = try trusted.open(word.checkpoint)
        // An answer that crossed a later one says nothing new.
        guard word.since == old.size else { return self }
        guard let proof = AuditExport.decode(word.proof),
            MerkleTree.isConsistent(old.size, old.root, with: new.size, new.root, proof: proof)
        else { throw AuditError(.inconsistent, "the audit log of now is not the one of before with new entries") }
        return try AuditWitness(word)
    }
}
