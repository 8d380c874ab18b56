import Basics
import CloudModel
import Foundation
import Testing

@testable import AgentCollectors

/// One case of AWS's own suite; Tests/Vectors/SigV4/README.md names the source.
struct SignatureVector: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var req: String
    var creq: String
    var sts: String
    var authz: String
    var sreq: String
    var testDescription: String { name }

    private struct File: Decodable { var tests: [SignatureVector] }
    static let all: [SignatureVector] = {
        let data = try? Data(contentsOf: Sample.root.appending(path: "Tests/Vectors/SigV4/vectors.json"))
        return data.flatMap { try? JSONDecoder().decode(File.self, from: $0).tests } ?? []
    }()
}

@Suite struct SignatureTests {
    @Test func theSuiteIsWhole() { #expect(SignatureVector.all.count == 34) }

    @Test(arguments: SignatureVector.all)
    func signsAsAWSDoes(_ vector: SignatureVector) throws {
        let halves = vector.req.replacing("\r\n", with: "\n").split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        var lines = halves[0].split(separator: "\n").map(String.init)
        let first = lines.removeFirst()
        let start = try #require(first.firstIndex(of: " "))
        let end = try #require(first.lastIndex(of: " "))
        let target = first[first.index(after: start)..<end]
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [(String, String)] = []
        for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.removingPercentEncoding ?? String($0)
            }
            query.append((halves[0], halves.count > 1 ? halves[1] : ""))
        }
        var headers: [(String, String)] = []
        for line in lines {
            if line.first == " " {
                headers[headers.count - 1].1 += "\n" + line
            } else {
                let colon = try #require(line.firstIndex(of: ":"))
                headers.append((String(line[..<colon]), String(line[line.index(after: colon)...])))
            }
        }
        // One case has its token not in the request but beside it.
        if vector.creq.contains("x-amz-security-token:"), !headers.contains(where: { $0.0.lowercased() == "x-amz-security-token" }) {
            let line = try #require(vector.sreq.split(separator: "\n").first { $0.hasPrefix("X-Amz-Security-Token:") })
            headers.append(("X-Amz-Security-Token", String(line.dropFirst("X-Amz-Security-Token:".count))))
        }
        let body = halves.count > 1 ? Array(halves[1].utf8) : []
        let steps = Signature(region: "us-east-1", service: "service").sign(
            method: String(first[..<start]), path: String(parts[0]), query: query, headers: headers,
            payloadHash: Signature.payloadHash(body),
            time: "20150830T123600Z", accessKey: "AKIDEXAMPLE", secretKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
        #expect(steps.canonicalRequest == vector.creq)
        #expect(steps.stringToSign == vector.sts)
        #expect(steps.authorization == vector.authz)
    }

    @Test func s3SignsThePathAsItIsSentAndOthersOnceMoreEncoded() {
        func request(_ service: String) -> String {
            Signature(region: "r", service: service).sign(
                method: "GET", path: "/a%2Fb/../c", query: [], headers: [], payloadHash: "h", time: "20150830T123600Z", accessKey: "k",
                secretKey: Secret("s")
            ).canonicalRequest
        }
        #expect(request("s3").split(separator: "\n")[1] == "/a%2Fb/../c")
        #expect(request("lambda").split(separator: "\n")[1] == "/c")
        #expect(
            Signature(region: "r", service: "lambda").sign(
                method: "GET", path: "/a%3Ab", query: [], headers: [], payloadHash: "h", time: "20150830T123600Z", accessKey: "k",
                secretKey: Secret("s")
            ).canonicalRequest.split(separator: "\n")[1] == "/a%253Ab")
    }
}
