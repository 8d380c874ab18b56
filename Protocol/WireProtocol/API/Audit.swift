public import Basics

extension API {
    /// A page of an export of the audit log: lines of the file that `Protocol/Spec/audit.md` describes.
    public struct AuditPage: Sendable, Codable {
        /// Whose log.
        public var tenant: TenantID
        /// The log's public key.
        public var key: String
        /// The entry with which the export ends; to be asked for with the pages that follow.
        public var size: UInt64
        /// The last entry of this page: ask after it as long as it is below ``size``.
        public var last: UInt64
        /// The file's first line. Only the first page's is taken.
        public var head: String
        /// The lines that follow.
        public var lines: [String]
        /// A page of these parts.
        public init(tenant: TenantID, key: String, size: UInt64, last: UInt64, head: String, lines: [String]) {
            self.tenant = tenant
            self.key = key
            self.size = size
            self.last = last
            self.head = head
            self.lines = lines
        }
    }

    /// The newest checkpoint of the audit log.
    public struct AuditCheckpoint: Sendable, Codable {
        /// Whose log.
        public var tenant: TenantID
        /// The log's public key.
        public var key: String
        /// A signed note over every entry that there is; absent for an empty log.
        public var checkpoint: String?
        /// A checkpoint of these parts.
        public init(tenant: TenantID, key: String, checkpoint: String?) {
            self.tenant = tenant
            self.key = key
            self.checkpoint = checkpoint
        }
    }
}
