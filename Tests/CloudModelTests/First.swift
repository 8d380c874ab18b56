import Testing
@testable import CloudModel
