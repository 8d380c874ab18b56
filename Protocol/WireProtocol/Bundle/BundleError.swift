public import Basics

/// Why a bundle is refused. `bundle.md#errors` says what each code means; the vectors name the same words.
public struct BundleError: CodedError {
    /// The kinds of refusal, in the order in which they are looked for.
    public enum Code: String, CaseIterable, Sendable {
        // The outer header.
        case truncated, badMagic, unsupportedVersion, unknownSuite, unknownCompression, badHeader, tooLarge, trailingBytes
        // Whose it is.
        case wrongTenant, wrongEnvironment, wrongAgent, wrongAgentKey, badSignature
        // Opening it.
        case wrongRecipient, badKeyWrap, badCommitment, badChunk
        // The manifest.
        case badManifest, badManifestSignature, manifestMismatch
        // The sections.
        case badCompression, windowTooLarge, ratioTooHigh, decompressedTooLarge, sectionMismatch, tooManyRecords
        // The blocks of format version 2.
        case badBlocks, missingBlock, badBlock
        // The records.
        case badRecord, recordTooLarge, recordTooDeep, stringTooLong, invalidUTF8
        // Making one.
        case sealingFailed
    }
    /// `bundle`.
    public static let domain = "bundle"
    /// What is wrong.
    public var code: Code
    /// Sizes and places; never content.
    public var message: String
    /// Always `nil`.
    public var cause: (any Error)? { nil }
    /// An error of this kind.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
