import Testing
@testable import IAMEvaluator
