import Basics
import FoundationEssentials
import Synchronization
import WireProtocol

/// Signs of life, and what their answers bring.
extension AgentService {
    /// - Returns: how long the server wants to be left alone.
    @discardableResult func sendHeartbeat() async -> Duration {
        let gateway = session.withLock { $0.gateway }
        let sent = clock.now()
        let message = Heartbeat(
            agentVersion: HostFacts.version, hostname: host.hostname, platform: host.platform, spoolDepth: spool.depth,
            lastError: status.withLock { $0.lastError }, clock: AgentClock.text(sent),
            missingPermissions: missingPermissions.withLock { $0 }, authorities: session.withLock { $0.identity.authorityPins },
            auditSize: (try? folder.witness())?.size, configuration: settings.word)
        do {
            let answer = try await gateway.heartbeat(message)
            isShutOut.withLock { $0 = false }
            if let text = answer.message { events(.advice(DisplayText.safe(text, limit: 200))) }
            if let word = answer.audit { remember(word) }
            if let signed = answer.configuration { take(signed) }
            let trusted = session.withLock { $0.identity.authorityPins }
            let isLacking = answer.authorities.map { !$0.allSatisfy(trusted.contains) } ?? false
            if answer.renew == true || isLacking { await renewIfDue(isWanted: true) }
            let skew = (try? Date(answer.serverTime, strategy: .iso8601)).map { $0.timeIntervalSince(sent) }
            note(clockSkew: skew)
            events(.heartbeat(clockSkew: skew))
            return .zero
        } catch {
            if !isEnding { events(.failed(code: Uploader.code(error), message: "no sign of life: \(Uploader.message(error))")) }
            let refusal = error as? Refusal
            if refusal?.code.map({ $0.utf8.starts(with: "auth.".utf8) && refusal?.isTransient == false }) == true {
                isShutOut.withLock { $0 = true }
            }
            return refusal?.retryAfter ?? .zero
        }
    }

    /// A clock that is far off is worth a line in `status`, as long as it is: certificates and cloud signatures will not hold.
    private func note(clockSkew: Double?) {
        guard let clockSkew else { return }
        let seconds = abs(clockSkew) > HostFacts.clockTolerance ? Int(min(max(clockSkew, -1e9), 1e9)) : nil
        guard status.withLock({ $0.clockSkew }) != seconds else { return }
        update { $0.clockSkew = seconds }
    }

    private func take(_ signed: SignedConfiguration) {
        do {
            if let version = try settings.take(signed, for: session.withLock { $0.identity }) { events(.configured(version: version)) }
        } catch {
            note(error)
            events(.failed(code: Uploader.code(error), message: "the server's settings: \(Uploader.message(error))"))
        }
    }

    /// The agent is a witness of its tenant's audit log: it goes along with one that grew, and complains of every other to the agent's log and,
    /// with the next sign of life, to whoever looks at the fleet.
    private func remember(_ word: AuditWord) {
        do {
            let held = try folder.witness()
            let next = try held?.after(word) ?? AuditWitness(word)
            if next != held { try folder.save(next) }
        } catch {
            note(error)
            events(.failed(code: Uploader.code(error), message: "the tenant's audit log: \(Uploader.message(error))"))
        }
    }
}
