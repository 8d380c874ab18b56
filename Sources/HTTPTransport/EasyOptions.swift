import CCurl

/// Sets options of one easy handle and remembers the first that libcurl refused.
struct EasyOptions {
    let handle: UnsafeMutableRawPointer
    private(set) var failure: CURLoption?

    init(handle: UnsafeMutableRawPointer) { self.handle = handle }

    mutating func set(_ option: CURLoption, _ value: Int) { note(option, cc_setopt_long(handle, option, value)) }
    mutating func set(_ option: CURLoption, size: Int) { note(option, cc_setopt_off(handle, option, size)) }
    mutating func set(_ option: CURLoption, _ value: String) { note(option, cc_setopt_str(handle, option, value)) }
    mutating func clear(_ option: CURLoption) { note(option, cc_setopt_str(handle, option, nil)) }
    mutating func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) { note(option, cc_setopt_ptr(handle, option, pointer)) }
    mutating func set(_ option: CURLoption, list: UnsafeMutablePointer<curl_slist>?) { note(option, cc_setopt_slist(handle, option, list)) }
    /// libcurl keeps a copy of `text`'s bytes.
    mutating func set(_ option: CURLoption, blob text: String) {
        let code = Array(text.utf8).withUnsafeBytes { cc_setopt_blob(handle, option, $0.baseAddress, $0.count) }
        note(option, code)
    }
    mutating func set(
        _ option: CURLoption, _ function: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int
    ) {
        note(option, cc_setopt_rw(handle, option, function))
    }
    mutating func setSeek(_ function: @convention(c) (UnsafeMutableRawPointer?, Int, Int32) -> Int32) {
        note(CURLOPT_SEEKFUNCTION, cc_setopt_seek(handle, function))
    }

    private mutating func note(_ option: CURLoption, _ code: CURLcode) { if code != CURLE_OK, failure == nil { failure = option } }
}
