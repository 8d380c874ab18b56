/// AWS's own Security Token Services, written out: which of them is asked decides who vouches for the agent, so the agent does not choose a host
/// but a region of this list.
///
/// Source: `endpoints.json` of botocore 1.43.11, services in the partitions that are open to customers.
enum STSEndpoints {
    static let partitions: Set<String> = ["aws", "aws-cn", "aws-us-gov", "aws-eusc"]

    private static let regions: [(partition: String, suffix: String, names: Set<String>)] = [
        (
            "aws", "amazonaws.com",
            [
                "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
                "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",
                "ap-southeast-7",
                "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1",
                "eu-west-2",
                "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2",
                "us-west-1",
                "us-west-2",
            ]
        ),
        ("aws-cn", "amazonaws.com.cn", ["cn-north-1", "cn-northwest-1"]),
        ("aws-us-gov", "amazonaws.com", ["us-gov-east-1", "us-gov-west-1"]),
        ("aws-eusc", "amazonaws.eu", ["eusc-de-east-1"]),
    ]

    /// Host and partition of a region's service; `nil` for every other text.
    static func endpoint(region: String) -> (host: String, partition: String)? {
        for group in regions where group.names.contains(region) { return ("sts.\(region).\(group.suffix)", group.partition) }
        return nil
    }
}
