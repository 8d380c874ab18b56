import CZstd

/// One zstd frame (RFC 8878), made as its content comes.
final class ZstdCompressor {
    private let context: OpaquePointer
    private var buffer = [UInt8](repeating: 0, count: 128 << 10)
    /// What was made so far.
    private(set) var output: [UInt8] = []

    init(level: Int32 = 3) throws(BundleError) {
        guard let context = ZSTD_createCCtx() else { throw BundleError(.sealingFailed, "no memory to compress") }
        self.context = context
        _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    }

    deinit { ZSTD_freeCCtx(context) }

    func write(_ bytes: [UInt8]) throws(BundleError) { try run(bytes, ZSTD_e_continue) }

    /// Ends the frame and gives all of it.
    func finish() throws(BundleError) -> [UInt8] {
        try run([], ZSTD_e_end)
        return output
    }

    private func run(_ bytes: [UInt8], _ directive: ZSTD_EndDirective) throws(BundleError) {
        let failed = bytes.withUnsafeBytes { source in
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
            while true {
                let (rest, written) = buffer.withUnsafeMutableBytes { target in
                    var result = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                    return (ZSTD_compressStream2(context, &result, &input, directive), result.pos)
                }
                if ZSTD_isError(rest) != 0 { return true }
                output += buffer[..<written]
                if directive == ZSTD_e_end ? rest == 0 : input.pos == input.size { return false }
            }
        }
        if failed { throw BundleError(.sealingFailed, "compressing") }
    }
}

/// Decompresses exactly one zstd frame, piece by piece.
enum Zstd {
    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// Gives `consume` the content of `frame`, at most 128 KiB at a time. Skippable frames, a second frame, bytes behind the frame, a
    /// dictionary and a window above `windowLog` are refused.
    static func decompress(
        _ frame: ArraySlice<UInt8>, windowLog: Int, consume: (ArraySlice<UInt8>) throws(BundleError) -> Void
    ) throws(BundleError) {
        guard frame.starts(with: magic) else { throw BundleError(.badCompression, "not a zstd frame") }
        guard let context = ZSTD_createDCtx() else { throw BundleError(.badCompression, "no memory to decompress") }
        defer { ZSTD_freeDCtx(context) }
        guard ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Int32(clamping: windowLog))) == 0 else {
            throw BundleError(.badCompression, "no window of 2^\(windowLog)")
        }
        var buffer = [UInt8](repeating: 0, count: 128 << 10)
        var position = 0
        while true {
            let (status, read, written) = frame.withUnsafeBytes { source in
                buffer.withUnsafeMutableBytes { target in
                    var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
                    var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                    return (ZSTD_decompressStream(context, &output, &input), input.pos, output.pos)
                }
            }
            guard ZSTD_isError(status) == 0 else {
                if ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge {
                    throw BundleError(.windowTooLarge, "the frame needs a window above 2^\(windowLog) bytes")
                }
                throw BundleError(.badCompression, "the zstd frame is broken at byte \(read)")
            }
            position = read
            if written > 0 { try consume(buffer[..<written]) }
            if status == 0 {
                guard position == frame.count else { throw BundleError(.badCompression, "bytes behind the zstd frame") }
                return
            }
            guard position < frame.count || written == buffer.count else {
                throw BundleError(.badCompression, "the zstd frame ends too early")
            }
        }
    }
}
