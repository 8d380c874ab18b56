import Testing
@testable import ControlPlaneCore
