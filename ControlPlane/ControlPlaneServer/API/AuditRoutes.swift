import ControlPlaneCore
import HTTPTypes
import WireProtocol

/// The audit log with what proves it.
extension APIRoutes {
    var auditRoutes: [APIRoute] {
        [
            APIRoute(
                method: .get, path: "audit/export", id: "auditExport",
                summary: "A page of an export that proves itself; the first one is put on record.", access: .permission(.readAudit),
                mayFindNothing: true,
                query: [
                    .init(name: "after", schema: .number(0...Int.max), text: "The entry before the first one; 0 if not said."),
                    .init(name: "size", schema: .number(1...Int.max), text: "`size` of the first page, for those that follow."),
                    .init(name: "limit", schema: .number(1...AuditService.pageLimit), text: "At most so many entries."),
                ], answer: .json(.named("AuditPage"))
            ) { call in
                let session = try call.session
                let after = try call.request.number("after", in: 0...Int.max) ?? 0
                let size = try call.request.number("size", in: 1...Int.max)
                let limit = try call.request.number("limit", in: 1...AuditService.pageLimit) ?? AuditService.pageLimit
                let page = try await services.audit.export(
                    after: UInt64(after), size: size.map { UInt64($0) }, limit: limit, for: session)
                func text(_ line: [UInt8]) -> String { String(decoding: line.dropLast(), as: UTF8.self) }
                return try .json(
                    API.AuditPage(
                        tenant: session.tenant.id, key: page.key, size: page.size,
                        last: page.last, head: text(page.head), lines: page.lines.map(text)))
            },
            APIRoute(
                method: .get, path: "audit/checkpoint", id: "auditCheckpoint",
                summary: "The newest signed checkpoint of the audit log, and the key to check it with.", access: .permission(.readAudit),
                answer: .json(.named("AuditCheckpoint"))
            ) { call in
                let session = try call.session
                let newest = try await services.audit.checkpoint(for: session)
                return try .json(API.AuditCheckpoint(tenant: session.tenant.id, key: newest.key, checkpoint: newest.note))
            },
        ]
    }
}
