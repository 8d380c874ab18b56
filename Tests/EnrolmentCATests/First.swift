import Testing
@testable import EnrolmentCA
