import Testing
@testable import ControlPlaneStore
