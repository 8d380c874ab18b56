import Basics
import ControlPlaneStore
import Crypto
import Foundation
import Testing
import WireProtocol

@testable import ControlPlaneCore

@Suite struct KeyTests {
    @Test func theMasterKeyIsClosedToOthersAndALaxOneIsRefused() async throws {
        let installation = try await Installation()
        let path = installation.data.keys + "/master.key"
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: installation.data.keys).sorted() == ["audit.key", "master.key"])
        chmod(path, 0o644)
        #expect { _ = try MasterKey(folder: installation.data.keys) } throws: { code($0) == "file.laxMode" }
        chmod(path, 0o600)
        _ = try MasterKey(folder: installation.data.keys)
        chmod(installation.data.keys, 0o755)
        #expect { _ = try MasterKey(folder: installation.data.keys) } throws: { code($0) == "file.laxMode" }
    }

    @Test func aDataFolderThatOthersMayEnterIsRefused() async throws {
        let installation = try await Installation()
        chmod(installation.path, 0o750)
        #expect { _ = try DataFolder(installation.path) } throws: { code($0) == "file.laxMode" }
        chmod(installation.path, 0o700)
    }

    @Test func aWrappedKeyOpensForItsOwnTenantPurposeAndVersionOnly() async throws {
        let installation = try await Installation()
        let tenant = TenantID.random()
        let purpose = MasterKey.Purpose(tenant: tenant, name: "sealing", version: 1)
        let wrapped = try installation.master.wrap([1, 2, 3], for: purpose)
        #expect(try installation.master.unwrap(wrapped, for: purpose) == [1, 2, 3])
        for other in [
            MasterKey.Purpose(tenant: .random(), name: "sealing", version: 1), .init(tenant: tenant, name: "audit", version: 1),
            .init(tenant: tenant, name: "sealing", version: 2),
        ] {
            #expect { _ = try installation.master.unwrap(wrapped, for: other) } throws: { code($0) == "store.corrupt" }
        }
        var flipped = wrapped
        flipped[20] ^= 1
        #expect { _ = try installation.master.unwrap(flipped, for: purpose) } throws: { code($0) == "store.corrupt" }
    }

    @Test func twoStartsAtOnceShareOneMasterKey() async throws {
        let installation = try await Installation()
        let folder = installation.path + "/other-keys"
        let purpose = MasterKey.Purpose(tenant: .random(), name: "sealing", version: 1)
        let keys = try await withThrowingTaskGroup(of: MasterKey.self) { group in
            for _ in 0..<8 { group.addTask { try MasterKey(folder: folder) } }
            return try await group.reduce(into: [MasterKey]()) { $0.append($1) }
        }
        let wrapped = try keys[0].wrap([7], for: purpose)
        for key in keys { #expect(try key.unwrap(wrapped, for: purpose) == [7]) }
    }

    @Test func bootstrapTwiceMakesOneOfEachAndAnotherEnvironmentIsAdded() async throws {
        let installation = try await Installation()
        let first = try await installation.tenant()
        let second = try await installation.tenant()
        #expect(first.tenant.id == second.tenant.id && first.environment.id == second.environment.id)
        #expect(first.oneTimePassword != nil && second.oneTimePassword == nil)
        let third = try await installation.services.tenancy.bootstrap(tenant: "acme", environment: "staging", admin: first.admin)
        #expect(third.tenant.id == first.tenant.id && third.environment.id != first.environment.id)
        let answer = await refusal {
            try await installation.services.tenancy.bootstrap(tenant: "other", environment: "production", admin: first.admin)
        }
        #expect(answer == "store.conflict", "an address belongs to one tenant")
        #expect(try await installation.store.readDirectory { try $0.tenants() }.count == 1)
        for bad in ["", " x", "a\u{202E}b", String(repeating: "x", count: 65)] {
            #expect(
                await refusal { try await installation.services.tenancy.bootstrap(tenant: bad, environment: "e", admin: "a@b.c") }
                    == "store.conflict")
        }
    }

    @Test func environmentsAreFoundByNameOrIdentifier() async throws {
        let installation = try await Installation()
        let made = try await installation.tenant()
        let tenancy = installation.services.tenancy
        #expect(try await tenancy.environment("production", tenant: nil).id == made.environment.id)
        #expect(try await tenancy.environment(made.environment.id.description, tenant: "acme").id == made.environment.id)
        #expect(await refusal { try await tenancy.environment("nope", tenant: nil) } == "store.notFound")
        _ = try await installation.tenant("other")
        #expect(await refusal { try await tenancy.environment("production", tenant: nil) } == "store.notFound")
    }
}
