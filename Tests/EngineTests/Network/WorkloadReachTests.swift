import CloudModel
import Testing

@testable import Engine

/// Workloads that AWS runs: what reaches them, and whose rights their code has.
@Suite struct WorkloadReachTests {
    private static let service = "arn:aws:ecs:eu-west-1:111122223333:service/c/shop"
    private static let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/back/3"
    private static let health = "elbv2.describe-target-health.eu-west-1." + PercentEncoding.encode(group)
    private static let interface =
        #"{"NetworkInterfaceId":"eni-9","VpcId":"vpc-1","SubnetId":"SUBNET","InterfaceType":"interface","Description":"arn:aws:ecs:eu-west-1:111122223333:attachment/x","Groups":[{"GroupId":"GROUP"}],"PrivateIpAddress":"10.0.2.9"PUBLIC}"#

    /// A service of containers whose tasks are registered behind the load balancer.
    private func answers(
        group: String = "sg-back", subnet: String = "subnet-b", address: String = "", hasTasks: Bool = true, hasDefinition: Bool = true,
        status: String = "ACTIVE", type: String = "ip", target: String = "10.0.2.9"
    ) throws -> Answers {
        var answers = try Answers.open()
        if type == "ip" {
            try answers.replace("elbv2.describe-target-groups.eu-west-1", #""TargetType":"instance""#, #""TargetType":"ip""#)
            try answers.replace(Self.health, #""Id":"i-back""#, #""Id":"\#(target)""#)
        }
        let definition = "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop:3"
        try answers.add(
            "ecs.describe-services.eu-west-1.c",
            #"{"services":[{"serviceArn":"\#(Self.service)","serviceName":"shop","clusterArn":"arn:aws:ecs:eu-west-1:111122223333:cluster/c","status":"\#(status)","taskDefinition":"\#(definition)","loadBalancers":[{"targetGroupArn":"\#(Self.group)"}],"networkConfiguration":{"awsvpcConfiguration":{"subnets":["\#(subnet)"],"securityGroups":["\#(group)"]}}}]}"#
        )
        if hasDefinition {
            try answers.add(
                "ecs.describe-task-definition.eu-west-1." + PercentEncoding.encode(definition),
                #"{"taskDefinition":{"taskDefinitionArn":"\#(definition)","family":"shop","status":"ACTIVE","taskRoleArn":"arn:aws:iam::111122223333:role/web"}}"#
            )
        }
        if hasTasks {
            try answers.add(
                "ecs.describe-tasks.eu-west-1.c",
                #"{"tasks":[{"taskArn":"arn:aws:ecs:eu-west-1:111122223333:task/c/1","clusterArn":"arn:aws:ecs:eu-west-1:111122223333:cluster/c","taskDefinitionArn":"\#(definition)","lastStatus":"RUNNING","group":"service:shop","attachments":[{"details":[{"name":"subnetId","value":"subnet-b"},{"name":"networkInterfaceId","value":"eni-9"}]}]}]}"#
            )
            try answers.add(
                "ec2.describe-network-interfaces.eu-west-1",
                #"{"NetworkInterfaces":[\#(Self.interface.replacing("GROUP", with: group).replacing("SUBNET", with: subnet).replacing("PUBLIC", with: address))]}"#
            )
        }
        return answers
    }
    private func found(_ answers: Answers) -> [String] {
        NetworkReachability(answers.snapshot).exposures().filter { $0.target == Self.service }
            .map { "\($0.kind.rawValue) \($0.targetKind) \($0.confidence.rawValue)" }
    }

    @Test func aServiceOfContainersIsReachedBehindItsLoadBalancer() throws {
        #expect(found(try answers()) == ["loadBalancer ecsService proven"])
        // Without its tasks the service itself says where they stand, also for an address that was registered since.
        #expect(found(try answers(hasTasks: false)) == ["loadBalancer ecsService proven"])
        #expect(found(try answers(target: "10.0.2.44")) == ["loadBalancer ecsService proven"])
        // Its group lets nobody in, or it is gone.
        #expect(found(try answers(group: "sg-0")) == [])
        #expect(found(try answers(group: "sg-0", hasTasks: false)) == [])
        #expect(found(try answers(hasTasks: false, status: "INACTIVE")) == [])
        // On an instance the load balancer reaches both, the instance and the container that answers on it.
        let both = NetworkReachability(try answers(hasTasks: false, type: "instance").snapshot).exposures()
            .filter { $0.kind == .loadBalancer && $0.targetKind != "loadBalancer" }.map(\.targetKind)
        #expect(Set(both) == ["instance", "ecsService"])
    }

    @Test func aTaskWithAPublicAddressIsReachedAsItsService() throws {
        let address = #","Association":{"PublicIp":"198.51.100.9"}"#
        #expect(found(try answers(group: "sg-web", subnet: "subnet-a", address: address)).contains("publicAddress ecsService proven"))
        #expect(!found(try answers(group: "sg-web", subnet: "subnet-b", address: address)).contains { $0.hasPrefix("publicAddress") })
        #expect(!found(try answers(group: "sg-web", subnet: "subnet-a")).contains { $0.hasPrefix("publicAddress") })
    }

    @Test func codeInAServiceHasTheRightsOfItsTaskRole() throws {
        let graph = Evaluation(try answers().snapshot).graph
        let place = try #require(graph.place(of: Self.service))
        let edge = try #require(graph.edges(from: place).first { graph.technique(of: $0) == "workload-role" })
        #expect(graph.nodes[Int(edge.to)].id == "arn:aws:iam::111122223333:role/web")
        #expect(edge.likelihood == Likelihood.codeInWorkload)
        let records = graph.proof(of: edge).citations.map(\.record)
        #expect(records.contains { $0.contains("describe-services") } && records.contains { $0.contains("describe-task-definition") })
        // What it runs as is not known without the definition, and said to be so.
        let blind = Evaluation(try answers(hasDefinition: false).snapshot)
        let same = try #require(blind.graph.place(of: Self.service))
        #expect(!blind.graph.edges(from: same).contains { blind.graph.technique(of: $0) == "workload-role" })
        #expect(blind.gaps.contains { $0.what == "which role \(Self.service) has" })
    }

    @Test func containersAreHostsOfTheirNetworks() throws {
        func links(_ group: String) throws -> [String] {
            let reach = LateralReach(try answers(group: group).snapshot)
            func name(_ segment: Int) -> String { reach.hosts[reach.segments[segment].members[0]].label }
            return reach.links.map { "\(name($0.from)) \(name($0.to))" }
        }
        #expect(try links("sg-web").contains("shop i-back"))
        // A rule that names the group of others does not let it in; one for every address does.
        let others = try links("sg-0")
        #expect(!others.contains("shop i-back") && others.contains("shop i-front"))
    }

    @Test func aServiceOfAppRunnerAnswersUnlessItWasToldNotTo() throws {
        let arn = "arn:aws:apprunner:eu-west-1:111122223333:service/s/1"
        func found(_ network: String, status: String = "RUNNING") throws -> [Confidence] {
            var answers = try Answers.open()
            try answers.add(
                "apprunner.describe-service.eu-west-1." + PercentEncoding.encode(arn),
                #"{"Service":{"ServiceArn":"\#(arn)","ServiceName":"s","Status":"\#(status)","InstanceConfiguration":{"InstanceRoleArn":"arn:aws:iam::111122223333:role/web"}\#(network)}}"#
            )
            return NetworkReachability(answers.snapshot).exposures().filter { $0.target == arn }.map(\.confidence)
        }
        func ingress(_ isPublic: Bool) -> String {
            #","NetworkConfiguration":{"IngressConfiguration":{"IsPubliclyAccessible":\#(isPublic)}}"#
        }
        #expect(try found(ingress(true)) == [.proven])
        #expect(try found("") == [.proven])
        #expect(try found(ingress(false)) == [])
        #expect(try found(ingress(true), status: "PAUSED") == [])
    }

    @Test func aKubernetesApiIsReachedAndLeadsNowhereByItself() throws {
        let arn = "arn:aws:eks:eu-west-1:111122223333:cluster/k"
        func edges(_ isPublic: Bool) throws -> [String] {
            var answers = try Answers.open()
            try answers.add(
                "eks.describe-cluster.eu-west-1.k",
                #"{"cluster":{"name":"k","arn":"\#(arn)","resourcesVpcConfig":{"endpointPublicAccess":\#(isPublic),"publicAccessCidrs":["0.0.0.0/0"]}}}"#
            )
            let graph = Evaluation(answers.snapshot).graph
            guard let place = graph.place(of: arn) else { return [] }
            #expect(graph.edges(from: place).isEmpty)
            return graph.edges.filter { Int($0.to) == place }.map { graph.nodes[Int($0.from)].id + " " + graph.technique(of: $0) }
        }
        #expect(try edges(true) == ["internet network-reach"])
        #expect(try edges(false) == [])
    }
}
