import CloudModel

extension Permissions {
    /// One subject that asks to assume many roles: those with the same trust policy are one to it where nothing tells them apart.
    final class Assumer {
        private let permissions: Permissions
        private let subject: Subject
        private let isBlind: Bool
        private var known: [Alike: RawAnswer] = [:]
        private struct Alike: Hashable {
            var trust: Int
            var context: Int
        }

        init(_ permissions: Permissions, _ subject: Subject) {
            self.permissions = permissions
            self.subject = subject
            isBlind = permissions.isBlind(subject, "sts:AssumeRole")
        }

        /// Whether the subject may assume the role at a place of the snapshot's principals; `alike` is equal for equal contexts.
        func mayAssume(_ role: Int, _ context: @autoclosure () -> [String: [String]], alike: Int, trust: ResourcePolicy?) -> Proof? {
            let action = "sts:AssumeRole"
            let account = permissions.snapshot.principals[role].account
            guard isBlind, let trust, account == subject.account, permissions.isShared(trust, subject),
                permissions.isBlind(trust, action)
            else {
                return permissions.may(
                    subject, action, on: permissions.snapshot.principals[role].arn, account: account, context: context(), policy: trust)
            }
            let place = Alike(trust: trust.place, context: alike)
            let raw =
                known[place]
                ?? permissions.answer(
                    subject, action, on: permissions.snapshot.principals[role].arn, account: account, context: context(), policy: trust,
                    as: .none)
            known[place] = raw
            return permissions.proof(raw, subject, trust)
        }
    }

    /// One who asks to assume many roles.
    func assumer(_ subject: Subject) -> Assumer { Assumer(self, subject) }
}
