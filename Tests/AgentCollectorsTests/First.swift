import Testing
@testable import AgentCollectors
