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
}
