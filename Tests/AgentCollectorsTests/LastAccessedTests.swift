import CloudModel
import Foundation
import HTTPTransport
import Synchronization
import Testing

@testable import AgentCollectors

/// Service last accessed details: one job of IAM's for each user and role, which nothing else waits for.
@Suite struct LastAccessedTests {
    private static let prefix = "arn:aws:iam::123456789012:"

    private static func answer(_ action: String, _ members: String) -> Result<HTTPResponse, HTTPError> {
        .ok("<\(action)Response><\(action)Result>\(members)</\(action)Result></\(action)Response>")
    }
    private static func member(_ kind: String, _ name: String, path: String = "/") -> String {
        "<member><Path>\(path)</Path><\(kind)Name>\(name)</\(kind)Name><Arn>\(prefix)\(kind.lowercased())\(path)\(name)</Arn></member>"
    }
    private static func page(_ status: String, _ more: String = "") -> Result<HTTPResponse, HTTPError> {
        answer("GetServiceLastAccessedDetails", "<JobStatus>\(status)</JobStatus>\(more)")
    }
    private static func services(_ members: String...) -> String {
        "<ServicesLastAccessed>\(members.map { "<member>\($0)</member>" }.joined())</ServicesLastAccessed><IsTruncated>false</IsTruncated>"
    }
    private static let done = page("COMPLETED", services("<ServiceNamespace>sqs</ServiceNamespace>"))

    /// Two users, a group, a role and a role of AWS's own. A job is named after whom it is about, and `get` is told how often it was asked for.
    private static func company(
        get: @escaping @Sendable (_ request: HTTPRequest, _ name: String, _ asked: Int) -> Result<HTTPResponse, HTTPError>? = { _, _, _ in
            nil
        },
        generate: @escaping @Sendable (_ arn: String) -> Result<HTTPResponse, HTTPError>? = { _ in nil }
    ) -> FakeHTTP {
        let asked = Mutex<[String: Int]>([:])
        return account { request, _ in
            switch request.action {
            case "GetAccountAuthorizationDetails":
                return answer(
                    "GetAccountAuthorizationDetails",
                    "<UserDetailList>\(member("User", "ann"))\(member("User", "bob"))</UserDetailList>"
                        + "<GroupDetailList>\(member("Group", "team"))</GroupDetailList><RoleDetailList>\(member("Role", "app"))"
                        + member("Role", "AWSServiceRoleForSupport", path: "/aws-service-role/support.amazonaws.com/") + "</RoleDetailList>"
                )
            case "GenerateServiceLastAccessedDetails":
                let arn = request.form["Arn"] ?? ""
                return generate(arn)
                    ?? answer("GenerateServiceLastAccessedDetails", "<JobId>job-\(arn.split(separator: "/").last ?? "")</JobId>")
            case "GetServiceLastAccessedDetails":
                let name = String((request.form["JobId"] ?? "").dropFirst(4))
                let count = asked.withLock { asked in
                    asked[name, default: 0] += 1
                    return asked[name, default: 0]
                }
                return get(request, name, count) ?? done
            default: return nil
            }
        }
    }

    private static func reports(_ collection: CloudCollection) -> [CollectedRecord] {
        collection.records.filter { $0.service + "." + $0.operation == Catalogue.lastAccessed }
    }
    private static func told(_ collection: CloudCollection) -> [String: String] {
        let entries = collection.coverage.filter { $0.service + "." + $0.operation == Catalogue.lastAccessed }
        return Dictionary(entries.map { ($0.resource ?? "", "\($0.outcome.rawValue) \($0.code ?? "")") }) { first, _ in first }
    }
    private static func whole(_ http: FakeHTTP, _ action: String) -> [HTTPRequest] { http.requests.filter { $0.action == action } }

    @Test func aJobIsWaitedForAndItsPagesAreOneAnswer() async throws {
        let http = Self.company { request, name, asked in
            guard name == "ann" else { return nil }
            if asked < 3 { return Self.page("IN_PROGRESS") }
            guard request.form["Marker"] == "m+1" else {
                return Self.page(
                    "COMPLETED",
                    """
                    <ServicesLastAccessed><member><ServiceName>IAM</ServiceName><ServiceNamespace>iam</ServiceNamespace>
                    <LastAuthenticated>2026-01-02T03:04:05Z</LastAuthenticated><TrackedActionsLastAccessed>
                    <member><ActionName>CreateUser</ActionName></member><member><ActionName>PutUserPolicy</ActionName>
                    <LastAccessedTime>2026-01-02T03:04:05Z</LastAccessedTime><LastAccessedRegion>us-east-1</LastAccessedRegion></member>
                    </TrackedActionsLastAccessed></member></ServicesLastAccessed><IsTruncated>true</IsTruncated><Marker>m+1</Marker>
                    """)
            }
            return Self.page(
                "COMPLETED",
                Self.services(
                    """
                    <ServiceNamespace>s3</ServiceNamespace><TrackedActionsLastAccessed><member><ActionName>PutBucketPolicy</ActionName></member>
                    </TrackedActionsLastAccessed>
                    """))
        }
        let time = FakeTime()
        let collection = try await collect(http, time: time)
        // Of a service that was never used, the list of its actions says nothing more.
        #expect(
            Self.reports(collection).first { $0.resource == Self.prefix + "user/ann" }?.payload == [
                "ServicesLastAccessed": [
                    [
                        "LastAuthenticated": "2026-01-02T03:04:05+00:00", "ServiceNamespace": "iam",
                        "TrackedActionsLastAccessed": [
                            ["ActionName": "CreateUser"],
                            ["ActionName": "PutUserPolicy", "LastAccessedTime": "2026-01-02T03:04:05+00:00"],
                        ],
                    ], ["ServiceNamespace": "s3"],
                ], "JobStatus": "COMPLETED", "JobType": .null, "JobCompletionDate": .null,
            ])
        #expect(Self.reports(collection).map(\.resource) == ["role/app", "user/ann", "user/bob"].map { Self.prefix + $0 })
        #expect(Self.told(collection).isEmpty)
        // One job each, none for the group or for AWS's own role, each at the level of actions.
        let jobs = Self.whole(http, "GenerateServiceLastAccessedDetails")
        #expect(jobs.count == 3 && jobs.allSatisfy { $0.form["Granularity"] == "ACTION_LEVEL" && $0.signingService == "iam" })
        #expect(time.slept.contains(LastAccessedReports.waits.first) && time.slept.contains(LastAccessedReports.waits.first * 2))
    }

    @Test func aJobThatFailsIsNamedForItsPrincipalAndIsNoEmptyList() async throws {
        let http = Self.company(
            get: { _, name, _ in
                name == "ann"
                    ? Self.page(
                        "FAILED", "<ServicesLastAccessed/><IsTruncated>false</IsTruncated><Error><Code>InternalError</Code></Error>")
                    : Self.page("CONFUSED")
            },
            generate: { arn in arn.hasSuffix("/app") ? HTTPResponse.queryError("AccessDenied", 403) : nil })
        let collection = try await collect(http)
        #expect(Self.reports(collection).isEmpty)
        #expect(
            Self.told(collection) == [
                Self.prefix + "user/ann": "failed InternalError", Self.prefix + "user/bob": "failed badAnswer.job",
                Self.prefix + "role/app": "denied AccessDenied",
            ])
        #expect(
            collection.coverage.first { $0.resource == Self.prefix + "role/app" }?.message
                == "needs iam:GenerateServiceLastAccessedDetails and iam:GetServiceLastAccessedDetails")
        #expect(collection.records.contains { $0.operation == "get-account-authorization-details" })
    }

    @Test func aJobThatIsNeverDoneEnds() async throws {
        let collection = try await collect(Self.company { _, name, _ in name == "ann" ? Self.page("IN_PROGRESS") : nil })
        #expect(Self.told(collection) == [Self.prefix + "user/ann": "failed deadlineExceeded"])
        #expect(Self.reports(collection).count == 2)
    }

    @Test func partOfAReportIsNone() async throws {
        let http = Self.company { request, name, _ in
            switch name {
            case "ann": Self.page("COMPLETED", "<ServicesLastAccessed/><IsTruncated>true</IsTruncated><Marker>same</Marker>")
            case "bob":
                request.form["Marker"] == nil
                    ? Self.page("COMPLETED", "<ServicesLastAccessed/><IsTruncated>true</IsTruncated><Marker>m</Marker>")
                    : HTTPResponse.queryError("InvalidInput", 400)
            default: nil
            }
        }
        let collection = try await collect(http)
        #expect(Self.reports(collection).map(\.resource) == [Self.prefix + "role/app"])
        #expect(
            Self.told(collection) == [Self.prefix + "user/ann": "failed pagingLoop", Self.prefix + "user/bob": "failed InvalidInput"])
    }

    @Test func aJobOfASessionThatEndedIsStartedAnewOnce() async throws {
        let http = Self.company { _, name, asked in
            name == "ann" && asked == 1 || name == "bob" ? HTTPResponse.queryError("NoSuchEntity", 404) : nil
        }
        let collection = try await collect(http)
        #expect(Self.told(collection) == [Self.prefix + "user/bob": "failed NoSuchEntity"])
        #expect(Self.reports(collection).count == 2)
        let jobs = Self.whole(http, "GenerateServiceLastAccessedDetails").compactMap { $0.form["Arn"]?.split(separator: "/").last }
        #expect(jobs.sorted() == ["ann", "ann", "app", "bob", "bob"])
    }

    @Test func whereIAMMakesNoReportsAllElseKeepsItsRetries() async throws {
        let failures = Mutex(0)
        let http = account { request, number in
            if request.action == "DescribeVpcs" {
                // A call that needs two retries, after the jobs have failed.
                let count = failures.withLock { count in
                    count += 1
                    return count
                }
                return count < 3 ? .status(503, "") : nil
            }
            return request.action == "GetAccountAuthorizationDetails"
                ? Self.answer(
                    "GetAccountAuthorizationDetails",
                    "<UserDetailList>\((0..<200).map { Self.member("User", "u\($0)") }.joined())</UserDetailList>")
                : request.action == "GenerateServiceLastAccessedDetails" ? .status(500, "<html/>") : nil
        }
        let collection = try await collect(http)
        #expect(Self.told(collection).count == 200 && Self.told(collection).values.allSatisfy { $0 == "failed http500" })
        // Ten retries over all of the jobs, and not five for each.
        #expect(Self.whole(http, "GenerateServiceLastAccessedDetails").count == 210)
        #expect(collection.records.contains { $0.operation == "describe-vpcs" })
    }

    @Test func throttledJobsAreTriedAgain() async throws {
        let refused = Mutex(0)
        let http = Self.company(generate: { _ in
            refused.withLock { count in
                count += 1
                return count <= 3 ? HTTPResponse.queryError("Throttling", 400) : nil
            }
        })
        #expect(Self.reports(try await collect(http)).count == 3)
        let endless = Self.company(generate: { _ in HTTPResponse.queryError("Throttling", 400) })
        let collection = try await collect(endless)
        #expect(Self.told(collection).count == 3 && Self.told(collection).values.allSatisfy { $0 == "throttled Throttling" })
    }

    @Test func theTimeForItIsTheSettings() async throws {
        var configuration = Sample.configuration()
        configuration.lastAccessedTime = .zero
        let none = Self.company()
        let off = try await collect(none, configuration)
        #expect(Self.told(off) == ["": "notCollected notAsked"])
        #expect(Self.whole(none, "GenerateServiceLastAccessedDetails").isEmpty)

        // The first answer takes all the time that there is.
        configuration.lastAccessedTime = .seconds(30)
        configuration.concurrency = 1
        let time = FakeTime()
        let slow = Self.company { _, name, _ in
            guard name == "ann" else { return nil }
            time.pass(.seconds(40))
            return Self.page("IN_PROGRESS")
        }
        let late = try await collect(slow, configuration, time: time)
        #expect(
            Self.told(late) == [
                Self.prefix + "user/ann": "failed deadlineExceeded", Self.prefix + "user/bob": "notCollected timeUp",
                Self.prefix + "role/app": "notCollected timeUp",
            ])
    }
}
