import Testing
@testable import ControlPlaneServer
