import Basics
import Foundation
import Testing

@Suite("Safe files")
struct SafeFileTests {
    let folder = FileManager.default.temporaryDirectory.appending(path: "clr-files-\(UUID().uuidString)")

    @Test("a pipe that nobody writes to is refused at once, a file beside it is read", .timeLimit(.minutes(1)))
    func pipe() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let pipe = folder.appending(path: "pipe").path
        try #require(mkfifo(pipe, 0o600) == 0)
        #expect { try SafeFile.read(pipe, limit: 10) } throws: { ($0 as? FileError)?.code == .notRegularFile }
        let file = folder.appending(path: "file").path
        try SafeFile.write(Array("text".utf8), to: file)
        #expect(try SafeFile.read(file, limit: 10) == Array("text".utf8))
    }

    @Test("a pipe is not replaced by a file, nor what a link to one leads to; a file and a link to one are")
    func replacing() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (pipe, link) = (folder.appending(path: "pipe").path, folder.appending(path: "link").path)
        try #require(mkfifo(pipe, 0o600) == 0 && symlink(pipe, link) == 0)
        for path in [pipe, link, folder.path] {
            #expect { try SafeFile.write([UInt8(1)], to: path) } throws: { ($0 as? FileError)?.code == .notRegularFile }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["link", "pipe"], "nothing is left beside")
        let file = folder.appending(path: "file").path
        try SafeFile.write([UInt8(1)], to: file)
        unlink(link)
        try #require(symlink(file, link) == 0)
        for path in [file, link] {
            try SafeFile.write([UInt8(2)], to: path)
            #expect(try SafeFile.read(path, limit: 10) == [2])
        }
    }
}
