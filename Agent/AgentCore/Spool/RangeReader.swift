import Basics
import Crypto
import Glibc

/// Reads parts of one file.
final class RangeReader: Sendable {
    private let descriptor: Int32
    private let path: String
    let size: Int

    init(path: String) throws(FileError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        self.path = path
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            if descriptor >= 0 { close(descriptor) }
            throw FileError(.ioFailed, "\(path) cannot be read")
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    func read(_ range: Range<Int>) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled, off_t(range.lowerBound + filled))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError(.ioFailed, "\(path) is shorter than it was, or cannot be read") }
            filled += count
        }
        return bytes
    }

    /// Of the first `count` bytes.
    func sha256(ofFirst count: Int) throws(FileError) -> [UInt8] {
        var hash = SHA256()
        var offset = 0
        while offset < count {
            let end = min(count, offset + 1 << 20)
            hash.update(data: try read(offset..<end))
            offset = end
        }
        return Array(hash.finalize())
    }
}
