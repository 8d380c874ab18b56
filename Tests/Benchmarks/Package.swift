// swift-tools-version: 6.2
import PackageDescription

// Measures; tests nothing. See README.md. `Shared` is a link to the main package's sources, so that only what is measured is built.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "benchmarks",
    dependencies: [.package(url: "https://github.com/apple/swift-log", from: "1.16.2")],
    targets: [
        .target(
            name: "Basics", dependencies: [.product(name: "Logging", package: "swift-log")], path: "Shared/Basics", swiftSettings: strict),
        .target(name: "CloudModel", dependencies: ["Basics"], path: "Shared/CloudModel", swiftSettings: strict),
        .target(name: "IAMEvaluator", dependencies: ["CloudModel"], path: "Shared/IAMEvaluator", swiftSettings: strict),
        .target(name: "CAllocations"),
        .executableTarget(
            name: "IAMBenchmark", dependencies: ["CAllocations", "CloudModel", "IAMEvaluator"], swiftSettings: strict),
    ]
)
