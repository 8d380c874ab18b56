import Basics
import CCurl
import Glibc
import Synchronization

/// One exchange. Made by the caller; from `TransferLoop.start` on, everything but `shared` is touched by the loop's thread alone.
final class Transfer: @unchecked Sendable {  // `shared` has its own lock; the rest is handed over once.
    private struct Shared {
        var continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>?
        var isCancelled = false
    }

    let target: HTTPTarget
    private let request: HTTPRequest
    private let configuration: HTTPConfiguration
    private let headerLines: [String]
    private let bodyLimit: Int
    private let shared = Mutex(Shared())

    private(set) var handle: UnsafeMutableRawPointer?
    private var list: UnsafeMutablePointer<curl_slist>?
    private let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var file: Int32 = -1
    private var sent = 0
    private var length = 0
    private var failure: HTTPError?

    private var status = 0
    private var headers: [(name: String, value: String)] = []
    private var headerBytes = 0
    private var headersAreComplete = false
    private var body: [UInt8] = []

    /// Most bytes of an answer's head; AWS's own limit is far below.
    private static let headerLimit = 256 << 10

    init(_ request: HTTPRequest, target: HTTPTarget, configuration: HTTPConfiguration) throws(HTTPError) {
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        self.target = target
        self.request = request
        self.configuration = configuration
        bodyLimit = request.maxResponseBytes ?? configuration.maxResponseBytes
        headerLines = try Self.lines(of: request, target: target)
        switch request.body {
        case .none: break
        case .bytes(let bytes): length = bytes.count
        case .file(_, let offset, let count):
            guard offset >= 0, count >= 0, !offset.addingReportingOverflow(count).overflow else {
                throw HTTPError(.invalidRequest, "\(target.name): the range of the file to send is not one")
            }
            length = count
        }
        if length > 0, request.method == .get || request.method == .head {
            throw HTTPError(.invalidRequest, "\(target.name): \(request.method.rawValue) has no body")
        }
    }

    deinit {
        if let handle { curl_easy_cleanup(handle) }
        curl_slist_free_all(list)
        if file >= 0 { close(file) }
        words.deallocate()
    }

    // MARK: Any thread

    func expect(_ continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>) {
        shared.withLock { $0.continuation = continuation }
    }
    func cancel() { shared.withLock { $0.isCancelled = true } }
    var isCancelled: Bool { shared.withLock { $0.isCancelled } }

    /// Hands over the result, once; later calls do nothing.
    func finish(_ result: Result<HTTPResponse, HTTPError>) {
        let continuation = shared.withLock { shared in
            defer { shared.continuation = nil }; return shared.continuation
        }
        continuation?.resume(returning: result)
    }

    // MARK: The loop's thread

    /// The easy handle, ready to be added; `nil` when the transfer already ended with an error.
    func prepare() -> UnsafeMutableRawPointer? {
        do throws(HTTPError) {
            try openBody()
            return try configure()
        } catch {
            finish(.failure(error))
            return nil
        }
    }

    func complete(_ code: CURLcode) {
        if code == CURLE_OK, failure == nil {
            finish(.success(HTTPResponse(status: status, headers: headers, body: body)))
        } else {
            finish(.failure(failure ?? error(code)))
        }
        body = []
    }

    private func openBody() throws(HTTPError) {
        guard case .file(let path, _, _) = request.body else { return }
        file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw HTTPError(.fileUnreadable, "\(path): cannot be read (error \(errno))") }
    }

    private func configure() throws(HTTPError) -> UnsafeMutableRawPointer {
        guard let handle = curl_easy_init() else { throw HTTPError(.invalidConfiguration, "libcurl has no memory") }
        self.handle = handle
        var options = EasyOptions(handle: handle)
        options.set(CURLOPT_ERRORBUFFER, pointer: words)
        options.set(CURLOPT_NOSIGNAL, 1)
        // A cancelled transfer does not wait for the name lookup that it began.
        options.set(CURLOPT_QUICK_EXIT, 1)
        options.set(CURLOPT_PROTOCOLS_STR, "http,https")
        options.set(CURLOPT_FOLLOWLOCATION, 0)
        options.set(CURLOPT_PATH_AS_IS, 1)
        options.set(CURLOPT_URL, request.url)
        options.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        options.set(CURLOPT_USERAGENT, configuration.userAgent)
        options.set(CURLOPT_TCP_KEEPALIVE, 1)
        options.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connectTimeout ?? configuration.connectTimeout))
        options.set(CURLOPT_TIMEOUT_MS, milliseconds(request.timeout ?? configuration.timeout))
        options.set(CURLOPT_LOW_SPEED_LIMIT, max(0, configuration.lowSpeedBytesPerSecond))
        options.set(CURLOPT_LOW_SPEED_TIME, max(1, milliseconds(configuration.lowSpeedPeriod) / 1000))
        if request.neverProxied || configuration.proxy == .none {
            options.set(CURLOPT_PROXY, "")
            options.set(CURLOPT_NOPROXY, "*")
        }
        trust(&options)
        for line in headerLines {
            guard let longer = curl_slist_append(list, line) else { throw HTTPError(.invalidConfiguration, "libcurl has no memory") }
            list = longer
        }
        options.set(CURLOPT_HTTPHEADER, list: list)
        exchange(&options)
        guard options.failure == nil else {
            throw HTTPError(.invalidConfiguration, "\(target.name): libcurl refuses option \(options.failure?.rawValue ?? 0)")
        }
        return handle
    }

    private func trust(_ options: inout EasyOptions) {
        options.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        options.set(CURLOPT_PROXY_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        switch configuration.trust {
        case .system:
            options.set(CURLOPT_SSL_VERIFYPEER, 1)
            options.set(CURLOPT_SSL_VERIFYHOST, 2)
        case .authorities(let pem):
            options.set(CURLOPT_SSL_VERIFYPEER, 1)
            options.set(CURLOPT_SSL_VERIFYHOST, 2)
            options.set(CURLOPT_CAINFO_BLOB, blob: pem)
            // The blob replaces the system's file, not its folder: without this the system's authorities would be trusted too.
            options.clear(CURLOPT_CAPATH)
        case .unverified:
            options.set(CURLOPT_SSL_VERIFYPEER, 0)
            options.set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let identity = configuration.identity {
            options.set(CURLOPT_SSLCERTTYPE, "PEM")
            options.set(CURLOPT_SSLCERT_BLOB, blob: identity.certificateChainPEM)
            options.set(CURLOPT_SSLKEYTYPE, "PEM")
            options.set(CURLOPT_SSLKEY_BLOB, blob: identity.privateKeyPEM.expose())
        }
    }

    private func exchange(_ options: inout EasyOptions) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        switch request.method {
        case .get: options.set(CURLOPT_HTTPGET, 1)
        case .head: options.set(CURLOPT_NOBODY, 1)
        case .post:
            options.set(CURLOPT_POST, 1)
            options.set(CURLOPT_POSTFIELDSIZE_LARGE, size: length)
        case .put, .patch:
            options.set(CURLOPT_UPLOAD, 1)
            options.set(CURLOPT_INFILESIZE_LARGE, size: length)
            if request.method == .patch { options.set(CURLOPT_CUSTOMREQUEST, "PATCH") }
        case .delete:
            if length > 0 {
                options.set(CURLOPT_UPLOAD, 1)
                options.set(CURLOPT_INFILESIZE_LARGE, size: length)
            }
            options.set(CURLOPT_CUSTOMREQUEST, "DELETE")
        }
        if request.method != .head { options.set(CURLOPT_MAXFILESIZE_LARGE, size: max(1, bodyLimit)) }
        options.set(CURLOPT_READFUNCTION) { data, size, count, context in
            Transfer.at(context)?.read(into: data, size * count) ?? Int(CURL_READFUNC_ABORT)
        }
        options.set(CURLOPT_READDATA, pointer: context)
        options.setSeek { context, offset, origin in Transfer.at(context)?.seek(to: offset, from: origin) ?? CURL_SEEKFUNC_FAIL }
        options.set(CURLOPT_SEEKDATA, pointer: context)
        options.set(CURLOPT_WRITEFUNCTION) { data, size, count, context in Transfer.at(context)?.receive(data, size * count) ?? 0 }
        options.set(CURLOPT_WRITEDATA, pointer: context)
        options.set(CURLOPT_HEADERFUNCTION) { data, size, count, context in Transfer.at(context)?.receiveHeader(data, size * count) ?? 0 }
        options.set(CURLOPT_HEADERDATA, pointer: context)
    }

    /// libcurl hands back what `exchange` gave it; the loop keeps the transfer alive as long as the handle is added.
    private static func at(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func read(into buffer: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        let count = min(room, length - sent)
        guard count > 0, let buffer else { return 0 }
        switch request.body {
        case .none: return 0
        case .bytes(let bytes):
            UnsafeMutableRawBufferPointer(start: buffer, count: count).copyBytes(from: bytes[sent..<sent + count])
            sent += count
            return count
        case .file(let path, let offset, _):
            while true {
                let got = pread(file, buffer, count, off_t(offset + sent))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    failure = HTTPError(
                        .fileUnreadable, "\(path): \(got == 0 ? "shorter than expected" : "cannot be read (error \(errno))")")
                    return Int(CURL_READFUNC_ABORT)
                }
                sent += got
                return got
            }
        }
    }

    private func seek(to offset: Int, from origin: Int32) -> Int32 {
        guard origin == SEEK_SET, offset >= 0, offset <= length else { return CURL_SEEKFUNC_CANTSEEK }
        sent = offset
        return CURL_SEEKFUNC_OK
    }

    private func receive(_ data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard body.count + count <= bodyLimit else {
            failure = HTTPError(.tooLarge, "\(target.name): the answer is larger than \(bodyLimit) bytes")
            return 0
        }
        body.append(contentsOf: UnsafeRawBufferPointer(start: data, count: count))
        return count
    }

    private func receiveHeader(_ data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        headerBytes += count
        guard headerBytes <= Self.headerLimit else {
            failure = HTTPError(.tooLarge, "\(target.name): the answer's head is larger than \(Self.headerLimit) bytes")
            return 0
        }
        var line = UnsafeRawBufferPointer(start: data, count: count)[...]
        while let last = line.last, last == 0x0D || last == 0x0A { line = line.dropLast() }
        if line.starts(with: "HTTP/".utf8), !headersAreComplete || status < 200 {
            // An interim answer (1xx) is followed by another one.
            let code = line.split(separator: 0x20).dropFirst().first.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
            status = code ?? 0
            headers = []
            headersAreComplete = false
        } else if line.isEmpty {
            headersAreComplete = true
        } else if !headersAreComplete, let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
            var value = line[(colon + 1)...].drop(while: isSpace)
            while let last = value.last, isSpace(last) { value = value.dropLast() }
            headers.append((String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return count
    }

    private func error(_ code: CURLcode) -> HTTPError {
        var systemError = 0
        if let handle { cc_getinfo_long(handle, CURLINFO_OS_ERRNO, &systemError) }
        let detail = DisplayText.safe(String(cString: words), limit: 200)
        let name = target.name
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return HTTPError(.nameNotResolved, "\(name): the name has no address")
        case CURLE_COULDNT_CONNECT:
            let why = systemError == 0 ? "nobody answers" : String(cString: strerror(Int32(truncatingIfNeeded: systemError))).lowercased()
            return HTTPError(.unreachable, "\(name): \(why)")
        case CURLE_OPERATION_TIMEDOUT: return HTTPError(.timedOut, "\(name): no complete answer in time")
        case CURLE_PEER_FAILED_VERIFICATION:
            return HTTPError(.untrustedPeer, "\(name): the server's certificate is not trusted (\(detail))")
        // An authority of the right name but with another key: OpenSSL stops in the certificate's signature, before its verdict.
        case CURLE_SSL_CONNECT_ERROR where detail.contains("asn1 encoding routines"):
            return HTTPError(.untrustedPeer, "\(name): the server's certificate is not trusted (\(detail))")
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED:
            return HTTPError(.tlsFailed, "\(name): no TLS connection (\(detail))")
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CRL_BADFILE:
            return HTTPError(.invalidConfiguration, "\(name): the certificates or the key cannot be used (\(detail))")
        case CURLE_FILESIZE_EXCEEDED: return HTTPError(.tooLarge, "\(name): the answer is larger than \(bodyLimit) bytes")
        case CURLE_URL_MALFORMAT: return HTTPError(.invalidRequest, "\(name): not a URL that can be asked")
        // With TLS 1.3 the server's refusal of our certificate comes after the handshake, as an alert instead of an answer.
        case CURLE_RECV_ERROR where detail.contains("alert"), CURLE_SEND_ERROR where detail.contains("alert"):
            return HTTPError(.tlsFailed, "\(name): the server ended the TLS connection (\(detail))")
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE:
            return HTTPError(.badAnswer, "\(name): the connection broke before a whole answer came")
        default: return HTTPError(.badAnswer, "\(name): not an answer in HTTP (libcurl \(code.rawValue))")
        }
    }

    private static func lines(of request: HTTPRequest, target: HTTPTarget) throws(HTTPError) -> [String] {
        var lines: [String] = []
        var hasType = false
        for (name, value) in request.headers {
            guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw HTTPError(.invalidRequest, "\(target.name): a header has a character that no header may have")
            }
            switch String(decoding: name.utf8.map(lowercase), as: UTF8.self) {
            case "content-length", "expect": continue
            case "transfer-encoding": throw HTTPError(.invalidRequest, "\(target.name): bodies are sent with their length only")
            case "content-type": hasType = true
            default: break
            }
            let isEmpty = value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines.append(isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // Names alone take libcurl's own headers away: no pause for "100 Continue", no form type that nobody asked for.
        lines.append("Expect:")
        if !hasType { lines.append("Content-Type:") }
        return lines
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// At least one: libcurl takes zero for "no limit".
private func milliseconds(_ duration: Duration) -> Int {
    let whole = duration / .milliseconds(1)
    return whole >= 1 ? Int(min(whole, 1e12)) : 1
}
