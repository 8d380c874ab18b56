extension KnownOperation {
    /// The calls that tell what runs with the rights of which role. People save such answers under many names, so a file of one may name a
    /// region, a resource, both or neither.
    public static let workloads: [KnownOperation] = {
        /// Listings, whose absence is told; and what is asked about each thing in them, which stands in for a listing where so written.
        let table: [(service: String, listings: [String], others: [String])] = [
            ("amplify", ["list-apps"], []),
            ("apprunner", ["list-services"], ["describe-service"]),
            ("autoscaling", ["describe-auto-scaling-groups"], []),
            ("batch", ["describe-job-definitions", "describe-job-queues"], []),
            (
                "bedrock-agentcore-control", ["list-agent-runtimes", "list-browsers", "list-code-interpreters", "list-harnesses"],
                ["get-agent-runtime", "get-browser", "get-code-interpreter", "get-harness"]
            ),
            ("cloudformation", ["describe-stacks", "list-stack-sets"], ["describe-stack-set"]),
            ("codebuild", ["list-projects"], ["batch-get-projects>list-projects"]),
            ("codedeploy", ["list-applications"], ["batch-get-deployment-groups", "get-deployment-group", "list-deployment-groups"]),
            ("codepipeline", ["list-pipelines"], ["get-pipeline"]),
            ("ec2", ["describe-launch-templates"], ["describe-launch-template-versions>describe-launch-templates"]),
            (
                "ecs", ["list-clusters", "list-task-definitions"],
                [
                    "describe-clusters>list-clusters", "describe-container-instances", "describe-services", "describe-task-definition",
                    "describe-tasks", "list-container-instances", "list-services", "list-tasks",
                ]
            ),
            (
                "eks", [],
                [
                    "describe-access-entry", "describe-nodegroup", "describe-pod-identity-association",
                    "list-access-entries", "list-associated-access-policies", "list-nodegroups", "list-pod-identity-associations",
                ]
            ),
            ("elasticbeanstalk", ["describe-environments"], []),
            ("emr", ["list-clusters"], ["describe-cluster"]),
            ("emr-serverless", ["list-applications"], []),
            ("glue", ["get-dev-endpoints", "get-jobs", "list-sessions"], ["get-dev-endpoint", "get-job", "get-session"]),
            ("iot", ["list-role-aliases"], ["describe-role-alias"]),
            ("kinesisanalyticsv2", ["list-applications"], ["describe-application"]),
            ("mwaa", ["list-environments"], ["get-environment"]),
            (
                "sagemaker", ["list-domains", "list-notebook-instances"],
                ["describe-domain", "describe-notebook-instance", "describe-user-profile", "list-user-profiles"]
            ),
            (
                "sso-admin", ["list-instances"],
                [
                    "describe-permission-set", "list-accounts-for-provisioned-permission-set", "list-managed-policies-in-permission-set",
                    "list-permission-sets",
                ]
            ),
            ("ssm", ["describe-instance-information", "describe-parameters"], []),
            ("stepfunctions", ["list-state-machines"], ["describe-state-machine"]),
        ]
        return table.flatMap { row -> [KnownOperation] in
            let listings = row.listings.map { operation($0, of: row.service, isExpected: true) }
            let others = row.others.map { text -> KnownOperation in
                let parts = text.split(separator: ">").map(String.init)
                var one = operation(parts.first ?? text, of: row.service, isExpected: false)
                one.standsFor = parts.dropFirst().first
                return one
            }
            return listings + others
        }
    }()

    private static func operation(_ name: String, of service: String, isExpected: Bool) -> KnownOperation {
        KnownOperation(
            service: service, operation: name, isRegional: true, resource: .optional, isExpected: isExpected, mayLeaveOutRegion: true)
    }
}
