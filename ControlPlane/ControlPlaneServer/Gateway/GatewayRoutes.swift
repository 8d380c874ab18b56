import Basics
import ControlPlaneCore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import WireProtocol

/// What enrolled agents ask. Every route is behind ``PeerCheck``; the body is read only after it.
struct GatewayRoutes {
    let services: ListenerServices

    func add(to router: Router<AgentContext>, tls: TLSState) {
        let agents = router.group("v1")
            .add(middleware: PeerCheck(tls: tls, agents: services.agents, clock: services.clock))
            .group(context: KnownAgentContext.self)
        agents.post("uploads", use: open)
        agents.get("uploads/:bundle", use: status)
        agents.put("uploads/:bundle/pieces/:index", use: put)
        agents.put("uploads/:bundle/blocks", use: putBlocks)
        agents.post("uploads/:bundle/complete", use: complete)
        agents.post("heartbeat", use: heartbeat)
        agents.post("certificate", use: renew)
        agents.get("sealing-key", use: sealingKey)
        agents.delete("agent", use: leave)
    }

    private func bundle(_ context: KnownAgentContext) throws -> BundleID {
        guard let id = context.parameters.get("bundle").flatMap({ BundleID($0) }) else {
            throw Refusal(.notFound, UploadCode.unknownBundle.full, "This is not the identifier of a bundle.")
        }
        return id
    }

    @Sendable private func open(_ request: Request, _ context: KnownAgentContext) async throws -> Response {
        let upload = try await request.json(UploadRequest.self, on: context.channel)
        return try JSONAnswer.response(try await services.ingest.open(upload, from: context.agent))
    }

    @Sendable private func status(_ request: Request, _ context: KnownAgentContext) async throws -> Response {
        try JSONAnswer.response(try await services.ingest.status(of: try bundle(context), from: context.agent))
    }

    @Sendable private func put(_ request: Request, _ context: KnownAgentContext) async throws -> Response {
        let bundle = try bundle(context)
        guard let index = context.parameters.get("index").flatMap({ Int($0) }), (0...1 << 20).contains(index) else {
            throw Refusal(.unprocessableContent, UploadCode.pieceOutOfRange.full, "This is not the number of a piece.")
        }
        let (bytes, digest) = try await digested(request, context)
        try await services.ingest.put(piece: index, bytes, sha256: digest, of: bundle, from: context.agent)
        return Response(status: .noContent)
    }

    @Sendable private func putBlocks(_ request: Request, _ context: KnownAgentContext) async throws -> Response {
        let bundle = try bundle(context)
        let (batch, digest) = try await digested(request, context)
        try await services.ingest.put(batch: batch, sha256: digest, of: bundle, from: context.agent)
        return Response(status: .noContent)
    }

    private func digested(_ request: Request, _ context: KnownAgentContext) async throws -> (bytes: [UInt8], digest: String) {
        guard let name = HTTPField.Name(Routes.pieceDigestHeader), let digest = request.headers[name] else {
            throw Refusal(.badRequest, UploadCode.malformed.full, "The header \(Routes.pieceDigestHeader) is missing.")
        }
        return (try await request.bytes(upTo: max(services.ingest.pieceSize, UploadLimits.pieceSize), on: context.channel), digest)
    }

    @Sendable private func complete(_ request: Request, _ context: KnownAgentContext) async throws -> Response {
        try JSONAnswer.response(try await services.ingest.complete(try bundle(context), from: context.agent))
    }

    @Sendable private func heartbeat(_ request: Request, _ context: KnownAgentContext) async throws -> Response {
        let heartbeat = try await request.json(WireProtocol.Heartbeat.self, upTo: 16 << 10, on: context.channel)
        return try JSONAnswer.response(try await services.agents.heartbeat(heartbeat, from: context.agent))
    }

    @Sendable private func renew(_ request: Request, _ context: KnownAgentContext) async throws -> Response {
        let wish = try await request.json(CertificateRequest.self, upTo: 16 << 10, on: context.channel)
        return try JSONAnswer.response(try await services.enrolment.renew(context.agent, wish))
    }

    @Sendable private func leave(_ request: Request, _ context: KnownAgentContext) async throws -> Response {
        try await services.agents.leave(context.agent)
        return Response(status: .noContent)
    }

    @Sendable private func sealingKey(_ request: Request, _ context: KnownAgentContext) async throws -> Response {
        try JSONAnswer.response(try await services.enrolment.sealingKey(for: context.agent))
    }
}

/// What an agent asks before it has a certificate, on the first listener.
struct EnrolmentRoutes {
    let services: ListenerServices

    func add(to router: Router<SiteContext>) {
        router.get("v1/enrolment/authorities", use: authorities)
        router.post("v1/enrolment/challenge", use: challenge)
        router.post("v1/enrolment", use: enrol)
        router.get("v1/crl", use: revocationList)
        router.get("v1/crl/:issuer", use: revocationList)
    }

    @Sendable private func authorities(_ request: Request, _ context: SiteContext) async throws -> Response {
        try JSONAnswer.response(Authorities(certificates: services.enrolment.authorities))
    }

    @Sendable private func challenge(_ request: Request, _ context: SiteContext) async throws -> Response {
        let wish = try await request.json(ChallengeRequest.self, upTo: 4 << 10, on: context.channel)
        return try JSONAnswer.response(try services.enrolment.challenge(wish))
    }

    /// For verifiers that are not ours; signed, so that anybody may fetch it.
    @Sendable private func revocationList(_ request: Request, _ context: SiteContext) async throws -> Response {
        let list = try await services.revocationLists.list(issuer: context.parameters.get("issuer"))
        return Response(
            status: .ok, headers: [.contentType: "application/pkix-crl", .cacheControl: "max-age=60"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: list)))
    }

    @Sendable private func enrol(_ request: Request, _ context: SiteContext) async throws -> Response {
        // A provider's token has up to 16 KiB, AWS's session token up to 8.
        let wish = try await request.json(EnrolmentRequest.self, upTo: 48 << 10, on: context.channel)
        return try JSONAnswer.response(try await services.enrolment.enrol(wish))
    }
}
