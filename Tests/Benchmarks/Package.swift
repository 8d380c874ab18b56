// swift-tools-version: 6.2
import PackageDescription

// Measures; tests nothing. See README.md. `Shared` is a link to the main package's sources, so that only what is measured is built.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(
            name: "Basics", dependencies: [.product(name: "Logging", package: "swift-log")], path: "Shared/Basics", swiftSettings: strict),
        .target(name: "CloudModel", dependencies: ["Basics"], path: "Shared/CloudModel", swiftSettings: strict),
        .target(name: "IAMEvaluator", dependencies: ["CloudModel"], path: "Shared/IAMEvaluator", swiftSettings: strict),
        .target(
            name: "SnapshotStore", dependencies: ["Basics", "CloudModel", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Shared/SnapshotStore", swiftSettings: strict),
        .systemLibrary(name: "CCbc", path: "Shared/CCbc"),
        .target(
            name: "Engine",
            dependencies: [
                "CloudModel", "IAMEvaluator", "SnapshotStore", "CCbc", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Yams", package: "Yams"),
            ], path: "Shared/Engine", swiftSettings: strict),
        // Made-up organisations, as an agent would have collected them.
        .target(name: "SyntheticCloud", dependencies: ["CloudModel"], swiftSettings: strict),
        .executableTarget(name: "PathBenchmark", dependencies: ["CloudModel", "Engine", "SyntheticCloud"], swiftSettings: strict),
        .executableTarget(name: "PlanBenchmark", dependencies: ["CloudModel", "Engine", "SyntheticCloud"], swiftSettings: strict),
        .target(name: "CAllocations"),
        .executableTarget(
            name: "IAMBenchmark", dependencies: ["CAllocations", "CloudModel", "IAMEvaluator"], swiftSettings: strict),
    ]
)
