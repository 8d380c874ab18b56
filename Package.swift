// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func library(_ name: String, _ folder: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "\(folder)/\(name)", swiftSettings: strict)
}
func program(_ name: String, _ folder: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "\(folder)/\(name)", swiftSettings: strict)
}
func tests(_ target: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(target)Tests", dependencies: [.byName(name: target)] + dependencies,
        path: "Tests/\(target)Tests", exclude: exclude, swiftSettings: strict)
}

// What comes from outside, named once.
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
/// RSA, to check tokens of OpenID providers.
let rsa: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let x509: [Target.Dependency] = [
    .product(name: "X509", package: "swift-certificates"), .product(name: "SwiftASN1", package: "swift-asn1"),
]
let sqlite: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let services: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let web: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdTLS", package: "hummingbird"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "Mustache", package: "swift-mustache"),
    .product(name: "HummingbirdCore", package: "hummingbird"), .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
]

let package = Package(
    name: "cloudryption",
    products: [
        .executable(name: "cloudryption-agent", targets: ["AgentMain"]),
        .executable(name: "cloudryption-server", targets: ["ControlPlaneMain"]),
        .executable(name: "cloudryption-worker", targets: ["WorkerMain"]),
        .executable(name: "cloudryption", targets: ["CommandLine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.6.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // System libraries
        .target(name: "CCurl", path: "Sources/CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .systemLibrary(name: "CLibPQ", path: "Sources/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZstd", path: "Sources/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CArgon2", path: "Sources/CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(name: "CCbc", path: "Sources/CCbc", providers: [.apt(["coinor-libcbc-dev"])]),
        .target(name: "CAgentGuard", path: "Sources/CAgentGuard"),
        .target(name: "CSandbox", path: "Sources/CSandbox", linkerSettings: [.linkedLibrary("seccomp")]),
        // Shared
        library("Basics", "Sources", [log]),
        library("HTTPTransport", "Sources", ["Basics", "CCurl"]),
        library("CloudModel", "Sources", ["Basics"]),
        library("IAMEvaluator", "Sources", ["CloudModel"]),
        library("SnapshotStore", "Sources", ["Basics", "CloudModel", sqlite]),
        library("Engine", "Sources", ["CloudModel", "IAMEvaluator", "SnapshotStore", "CCbc", crypto, yaml]),
        library("SQLDatabase", "Sources", ["Basics", "CLibPQ", sqlite]),
        program(
            "CommandLine", "Sources",
            [
                "Basics", "CloudModel", "WireProtocol", "IAMEvaluator", "SnapshotStore", "Engine", "AgentCore", "AgentCollectors",
                "HTTPTransport", arguments, crypto,
            ] + x509),
        // Protocol
        library("WireProtocol", "Protocol", ["Basics", "CloudModel", "CZstd", crypto]),
        program("Testkit", "Protocol", ["Basics", "CloudModel", "WireProtocol", crypto]),
        // Agent
        library("AgentCore", "Agent", ["Basics", "CloudModel", "WireProtocol", "HTTPTransport", crypto, services] + x509),
        library("AgentCollectors", "Agent", ["Basics", "CloudModel", "AgentCore", "HTTPTransport", crypto]),
        program(
            "AgentMain", "Agent",
            [
                "Basics", "CloudModel", "WireProtocol", "AgentCore", "AgentCollectors", "HTTPTransport", "CAgentGuard", log, arguments,
                services,
            ]),
        // ControlPlane
        library("EnrolmentCA", "ControlPlane", ["Basics", "WireProtocol", crypto] + x509),
        library(
            "ControlPlaneCore", "ControlPlane",
            ["Basics", "CloudModel", "WireProtocol", "EnrolmentCA", "CSandbox", "CArgon2", crypto, rsa, services]),
        library("ControlPlaneStore", "ControlPlane", ["Basics", "CloudModel", "ControlPlaneCore", "SQLDatabase"]),
        library(
            "ControlPlaneServer", "ControlPlane",
            ["Basics", "CloudModel", "WireProtocol", "ControlPlaneCore", crypto, log, services] + web + x509),
        program(
            "ControlPlaneMain", "ControlPlane",
            [
                "Basics", "ControlPlaneCore", "ControlPlaneStore", "ControlPlaneServer", "EnrolmentCA", "SQLDatabase", "WireProtocol",
                "CloudModel", "HTTPTransport", log, arguments, services,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        program("WorkerMain", "ControlPlane", ["Basics", "CSandbox", "CloudModel", "WireProtocol", "SnapshotStore", "Engine", crypto]),
        // Tests
        library("TestSupport", "Tests"),
        tests("Basics", [log, .product(name: "InMemoryLogging", package: "swift-log")]),
        tests("CloudModel"),
        tests("WireProtocol", ["Basics", "CloudModel", "Testkit", crypto]),
        tests("HTTPTransport", ["Basics", "TestSupport", crypto] + x509),
        tests("AgentCore", ["Basics", "CloudModel", "WireProtocol", "HTTPTransport", crypto] + x509),
        tests("AgentCollectors", ["Basics", "CloudModel", "AgentCore", "HTTPTransport", "TestSupport", crypto]),
        tests("IAMEvaluator", ["CloudModel"]),
        tests("SnapshotStore", ["Basics", "CloudModel", sqlite]),
        tests("Engine", ["CloudModel", "IAMEvaluator", "SnapshotStore", "TestSupport", sqlite], exclude: ["Scenarios/Techniques"]),
        tests("EnrolmentCA", ["Basics", "TestSupport", "WireProtocol", crypto] + x509),
        tests(
            "ControlPlaneCore",
            ["Basics", "CloudModel", "WireProtocol", "EnrolmentCA", "ControlPlaneStore", "SQLDatabase", "TestSupport", crypto, rsa] + x509),
        tests("ControlPlaneStore", ["Basics", "CloudModel", "ControlPlaneCore", "SQLDatabase", "TestSupport", "WireProtocol", crypto]),
        tests(
            "ControlPlaneServer",
            [
                "Basics", "CloudModel", "ControlPlaneCore", "ControlPlaneStore", "EnrolmentCA", "HTTPTransport", "SQLDatabase",
                "TestSupport", "WireProtocol", crypto,
                log, services,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + web + x509),
        .testTarget(name: "ArchitectureTests", path: "Tests/ArchitectureTests", swiftSettings: strict),
        .testTarget(
            name: "EndToEnd", dependencies: ["AgentCore", "Basics", "CloudModel", "HTTPTransport", "TestSupport", "WireProtocol", crypto],
            path: "Tests/EndToEnd",
            swiftSettings: strict),
    ]
)
