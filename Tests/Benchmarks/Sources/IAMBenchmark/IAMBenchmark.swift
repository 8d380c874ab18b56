import CAllocations
import CloudModel
import Glibc
import IAMEvaluator

/// Measures the evaluator; see README.md.
@main
struct IAMBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch arguments.first {
        case nil: try Figures.print()
        case "--write-cases" where arguments.count == 2: try Comparison.write(arguments[2])
        case "--cases" where arguments.count == 2: try Comparison.run(arguments[2])
        case "--lines" where arguments.count >= 2: for name in arguments.dropFirst() { try Lines.time(name) }
        default:
            print("usage: IAMBenchmark [--write-cases FILE | --cases FILE | --lines FILE…]")
            exit(2)
        }
    }
}

/// Processor time of this process in seconds: less disturbed by others than the clock on the wall.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The least processor time that `work` took of a few times: the rest is noise of the machine.
func least(of times: Int = 5, _ work: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<times {
        let start = processorTime()
        try work()
        best = min(best, processorTime() - start)
    }
    return best
}

/// `1234567` as `1,234,567`.
func grouped(_ number: Int) -> String {
    var digits = Array(String(number))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return String(digits)
}

/// `12.3` with so many places.
func rounded(_ number: Double, _ places: Int = 1) -> String {
    var unit = 1
    for _ in 0..<places { unit *= 10 }
    let whole = Int((number * Double(unit)).rounded())
    guard places > 0 else { return String(whole) }
    let rest = String(whole % unit)
    return "\(whole / unit)." + String(repeating: "0", count: places - rest.count) + rest
}
