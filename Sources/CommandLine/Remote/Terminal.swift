import Basics
import CloudModel
import Glibc

/// The two streams. Data goes to stdout; what is said about it to stderr.
enum Terminal {
    /// Writes a line of data.
    static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
    /// Writes bytes of data as they are.
    static func print(bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }
    /// Writes a line about what went wrong.
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }
    /// Writes part of a line to stderr.
    static func errorPart(_ text: String) { write(text, to: STDERR_FILENO) }
    /// Writes a line for people who watch; into a file or pipe it does not go.
    static func note(_ text: String) { if isatty(STDERR_FILENO) == 1 { error(text) } }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count < 0 {
                    if errno == EINTR { continue }
                    return
                }
                offset += count
            }
        }
    }

    /// Whether words on stdout may have colours: a terminal, and `NO_COLOR` (no-color.org) not set.
    static var hasColour: Bool {
        guard isatty(STDOUT_FILENO) == 1 else { return false }
        if let value = environment("NO_COLOR"), !value.isEmpty { return false }
        return environment("TERM") != "dumb"
    }

    /// Columns of the terminal; `nil` where stdout is none, so that nothing is cut there.
    static var columns: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return max(Int(size.ws_col), 40) }
        return environment("COLUMNS").flatMap { Int($0) }.map { max($0, 40) } ?? 80
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// One line from stdin, without its end; `nil` at the end of the stream.
    static func line() -> String? { readLine(strippingNewline: true) }

    /// A line that is not shown while it is typed. `nil` when there is no terminal to ask at.
    static func secret(_ prompt: String) -> Secret<String>? {
        let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let answer = silently(descriptor) {
            write(prompt, to: descriptor)
            return typed(descriptor)
        }
        write("\n", to: descriptor)
        close(descriptor)
        return answer.map { Secret($0) }
    }

    private static func silently(_ descriptor: Int32, _ body: () -> String?) -> String? {
        var saved = termios()
        guard tcgetattr(descriptor, &saved) == 0 else { return nil }
        var silent = saved
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(descriptor, TCSAFLUSH, &silent) == 0 else { return nil }
        let answer = body()
        tcsetattr(descriptor, TCSAFLUSH, &saved)
        return answer
    }

    private static func typed(_ descriptor: Int32) -> String? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1024)
        while bytes.count < 1024 {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[0..<count]
            if bytes.last == 0x0A { break }
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// A table whose columns are as wide as what is shown in them.
struct Table {
    struct Column {
        var title: String
        var isNumber = false
        init(_ title: String, isNumber: Bool = false) {
            self.title = title
            self.isNumber = isNumber
        }
    }
    /// One cell: foreign text is made safe here, and nowhere can it reach the terminal otherwise.
    struct Cell {
        var text: String
        var colour: String?
        init(_ foreign: String, colour: String? = nil) {
            text = DisplayText.safe(foreign, limit: 400)
            self.colour = colour
        }
        init(_ severity: Severity) {
            let colours: [Severity: String] = [.critical: "1;31", .high: "31", .medium: "33", .low: "34"]
            self.init(severity.rawValue, colour: colours[severity])
        }
    }
    var columns: [Column]
    var rows: [[Cell]]

    /// The lines, at most `width` columns wide where that is given: what is too wide is cut in the widest columns, with an ellipsis.
    func lines(width: Int?, colour: Bool) -> [String] {
        var widths = columns.map { DisplayWidth.of($0.title) }
        for row in rows {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], DisplayWidth.of(cell.text))
            }
        }
        if let width {
            let least = columns.map { min(max(DisplayWidth.of($0.title), 6), 14) }
            while widths.reduce(0, +) + 2 * (widths.count - 1) > width {
                guard let widest = widths.indices.filter({ widths[$0] > least[$0] }).max(by: { widths[$0] < widths[$1] }) else { break }
                widths[widest] -= 1
            }
        }
        var lines = [line(columns.map { Cell($0.title.uppercased()) }, widths, colour: false)]
        for row in rows { lines.append(line(row, widths, colour: colour)) }
        return lines
    }

    private func line(_ cells: [Cell], _ widths: [Int], colour: Bool) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() where index < widths.count {
            let shown = DisplayWidth.cut(cell.text, to: widths[index])
            let space = String(repeating: " ", count: max(widths[index] - DisplayWidth.of(shown), 0))
            let word = colour ? cell.colour.map { "\u{1B}[\($0)m\(shown)\u{1B}[0m" } ?? shown : shown
            if index > 0 { text += "  " }
            if columns[index].isNumber {
                text += space + word
            } else {
                text += word
                if index < cells.count - 1 { text += space }
            }
        }
        return text
    }

    func show() {
        for line in lines(width: Terminal.columns, colour: Terminal.hasColour) { Terminal.print(line) }
    }
}

/// How many columns of a terminal a text takes (UAX #11, in the blocks that terminals agree on).
enum DisplayWidth {
    static func of(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + width($1) } }

    static func cut(_ text: String, to most: Int) -> String {
        guard of(text) > most else { return text }
        var result = String.UnicodeScalarView()
        var used = 0
        for scalar in text.unicodeScalars {
            let next = width(scalar)
            guard used + next <= most - 1 else { break }
            result.append(scalar)
            used += next
        }
        result.append("…")
        return String(result)
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xAC00...0xD7A3,
            0xF900...0xFAFF,
            0xFE30...0xFE4F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
