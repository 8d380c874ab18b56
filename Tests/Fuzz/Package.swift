// swift-tools-version: 6.2
import PackageDescription

// Looks for inputs that trap, hang or get two different answers; see README.md. `Shared` is a link to the main package's sources, so that only
// what is fuzzed is built.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "fuzz",
    dependencies: [.package(url: "https://github.com/apple/swift-log", from: "1.16.2")],
    targets: [
        .target(
            name: "Basics", dependencies: [.product(name: "Logging", package: "swift-log")], path: "Shared/Basics", swiftSettings: strict),
        .target(name: "CloudModel", dependencies: ["Basics"], path: "Shared/CloudModel", swiftSettings: strict),
        .target(name: "IAMEvaluator", dependencies: ["CloudModel"], path: "Shared/IAMEvaluator", swiftSettings: strict),
        // libFuzzer has the main function.
        .executableTarget(
            name: "IAMFuzz", dependencies: ["CloudModel", "IAMEvaluator"],
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]),
    ]
)
