import CloudModel

/// Techniques about data processing, machine learning and agents. A table, hence long.
extension EscalationCatalogue {
    static let analytics: [EscalationTechnique] = [
        .init(
            "datapipeline-001", .passRole(.to("datapipeline.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("datapipeline:CreatePipeline", "datapipeline:pipeline/example"),
                .made("datapipeline:PutPipelineDefinition", "datapipeline:pipeline/example"),
                .made("datapipeline:ActivatePipeline", "datapipeline:pipeline/example"),
            ],
            Likelihood.likely, "create and start a data pipeline that runs as", attack: "T1648",
            close: Close.passing("datapipeline.amazonaws.com")),
        .init(
            "glue-001", .passRole(.to("glue.amazonaws.com")),
            [.target("iam:PassRole"), .made("glue:CreateDevEndpoint", "glue:devEndpoint/example")],
            Likelihood.easy, "create a development endpoint that runs as", attack: "T1648", close: Close.passing("glue.amazonaws.com")),
        .init(
            "glue-002", .takeover(.of(.devEndpoint, never: ["status": ["FAILED"]])),
            [.target("glue:UpdateDevEndpoint")],
            Likelihood.easy, "put its SSH key on a development endpoint that runs as", attack: "T1098.004",
            close: Close.takeover(.devEndpoint)),
        .init(
            "glue-003", .passRole(.to("glue.amazonaws.com")),
            [.target("iam:PassRole"), .made("glue:CreateJob", "glue:job/example"), .made("glue:StartJobRun", "glue:job/example")],
            Likelihood.certain, "create and start a job that runs as", attack: "T1648", close: Close.passing("glue.amazonaws.com")),
        .init(
            "glue-004", .passRole(.to("glue.amazonaws.com")),
            [.target("iam:PassRole"), .made("glue:CreateJob", "glue:job/example"), .made("glue:CreateTrigger", "glue:trigger/example")],
            Likelihood.easy, "create and trigger a job that runs as", attack: "T1648", close: Close.passing("glue.amazonaws.com")),
        .init(
            "glue-005", .passRole(.to("glue.amazonaws.com")),
            [.target("iam:PassRole"), .existing("glue:UpdateJob", .glueJob), .existing("glue:StartJobRun", .glueJob)],
            Likelihood.easy, "change and start a job that runs as", attack: "T1648", close: Close.passing("glue.amazonaws.com")),
        .init(
            "glue-006", .passRole(.to("glue.amazonaws.com")),
            [.target("iam:PassRole"), .existing("glue:UpdateJob", .glueJob), .made("glue:CreateTrigger", "glue:trigger/example")],
            Likelihood.easy, "change and trigger a job that runs as", attack: "T1648", close: Close.passing("glue.amazonaws.com")),
        .init(
            "glue-007", .passRole(.to("glue.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("glue:CreateSession", "glue:session/example"),
                .made("glue:RunStatement", "glue:session/example"),
            ],
            Likelihood.certain, "open a session and run statements that run as", attack: "T1648", close: Close.passing("glue.amazonaws.com")
        ),
        .init(
            "glue-run-statement", .takeover(.of(.glueSession, never: ["status": ["FAILED", "TIMEOUT", "STOPPED", "STOPPING"]])),
            [.target("glue:RunStatement")],
            Likelihood.certain, "run statements in a session that runs as", attack: "T1648", from: .aws, close: Close.takeover(.glueSession)
        ),
        .init(
            "glue-script", .takeover(.of(.glueJob, condition: "the job runs again")),
            [.attribute("s3:PutObject", "code")],
            Likelihood.likely, "replace the script of a job that runs as", attack: "T1195.002", from: .hackTricks, close: Close.code),
        .init(
            "sagemaker-001", .passRole(.to("sagemaker.amazonaws.com")),
            [.target("iam:PassRole"), .made("sagemaker:CreateNotebookInstance", "sagemaker:notebook-instance/example")],
            Likelihood.easy, "create a notebook that runs as", attack: "T1578.002", close: Close.passing("sagemaker.amazonaws.com")),
        .init(
            "sagemaker-002", .passRole(.to("sagemaker.amazonaws.com")),
            [.target("iam:PassRole"), .made("sagemaker:CreateTrainingJob", "sagemaker:training-job/example")],
            Likelihood.easy, "create a training job that runs as", attack: "T1648", close: Close.passing("sagemaker.amazonaws.com")),
        .init(
            "sagemaker-003", .passRole(.to("sagemaker.amazonaws.com")),
            [.target("iam:PassRole"), .made("sagemaker:CreateProcessingJob", "sagemaker:processing-job/example")],
            Likelihood.easy, "create a processing job that runs as", attack: "T1648", close: Close.passing("sagemaker.amazonaws.com")),
        .init(
            "sagemaker-004", .takeover(.of(.notebook, only: ["status": ["InService"]])),
            [.target("sagemaker:CreatePresignedNotebookInstanceUrl")],
            Likelihood.easy, "open a notebook that runs as", attack: "T1550.001", close: Close.takeover(.notebook)),
        .init(
            "sagemaker-005", .takeover(.of(.notebook)),
            [
                .made("sagemaker:CreateNotebookInstanceLifecycleConfig", "sagemaker:notebook-instance-lifecycle-config/example"),
                .target("sagemaker:StopNotebookInstance"), .target("sagemaker:UpdateNotebookInstance"),
                .target("sagemaker:StartNotebookInstance"),
            ],
            Likelihood.easy, "put commands into the start of a notebook that runs as", attack: "T1546", close: Close.takeover(.notebook)),
        .init(
            "sagemaker-tuning", .passRole(.to("sagemaker.amazonaws.com")),
            [.target("iam:PassRole"), .made("sagemaker:CreateHyperParameterTuningJob", "sagemaker:hyper-parameter-tuning-job/example")],
            Likelihood.easy, "create a tuning job that runs as", attack: "T1648", from: .hackTricks,
            close: Close.passing("sagemaker.amazonaws.com")),
        .init(
            "sagemaker-endpoint", .passRole(.to("sagemaker.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("sagemaker:CreateModel", "sagemaker:model/example"),
                .made("sagemaker:CreateEndpointConfig", "sagemaker:endpoint-config/example"),
                .made("sagemaker:CreateEndpoint", "sagemaker:endpoint/example"),
            ],
            Likelihood.easy, "create an endpoint with a container that runs as", attack: "T1610", from: .hackTricks,
            close: Close.passing("sagemaker.amazonaws.com")),
        .init(
            "sagemaker-pipeline", .passRole(.to("sagemaker.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("sagemaker:CreatePipeline", "sagemaker:pipeline/example"),
                .made("sagemaker:StartPipelineExecution", "sagemaker:pipeline/example"),
            ],
            Likelihood.easy, "create and start a pipeline that runs as", attack: "T1648", from: .hackTricks,
            close: Close.passing("sagemaker.amazonaws.com")),
        .init(
            "sagemaker-studio", .passRole(.to("sagemaker.amazonaws.com", needs: [.studioDomain])),
            [
                .target("iam:PassRole"), .made("sagemaker:CreateUserProfile", "sagemaker:user-profile/example/example"),
                .made("sagemaker:CreatePresignedDomainUrl", "sagemaker:user-profile/example/example"),
            ],
            Likelihood.easy, "create and open a Studio profile that runs as", attack: "T1550.001", from: .hackTricks,
            close: Close.passing("sagemaker.amazonaws.com")),
        .init(
            "sagemaker-domain-url", .takeover(.of(.studioProfile)),
            [.target("sagemaker:CreatePresignedDomainUrl")],
            Likelihood.certain, "open a Studio profile that runs as", attack: "T1550.001", from: .hackTricks,
            close: Close.takeover(.studioProfile)),
        .init(
            "sagemaker-lifecycle", .takeover(.of(.notebook)),
            [
                .attribute("sagemaker:UpdateNotebookInstanceLifecycleConfig", "lifecycleConfig"), .target("sagemaker:StopNotebookInstance"),
                .target("sagemaker:StartNotebookInstance"),
            ],
            Likelihood.easy, "change what runs at the start of a notebook that runs as", attack: "T1546", from: .hackingTheCloud,
            close: Close.takeover(.notebook)),
        .init(
            "bedrock-001", .passRole(.to("bedrock-agentcore.amazonaws.com")),
            [
                .target("iam:PassRole"),
                .made("bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:code-interpreter-custom/example"),
                .made("bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:code-interpreter-custom/example"),
                .made("bedrock-agentcore:InvokeCodeInterpreter", "bedrock-agentcore:code-interpreter-custom/example"),
            ],
            Likelihood.easy, "create and use a code interpreter that runs as", attack: "T1648",
            close: Close.passing("bedrock-agentcore.amazonaws.com")),
        .init(
            "bedrock-002", .takeover(.of(.codeInterpreter)),
            [.target("bedrock-agentcore:StartCodeInterpreterSession"), .target("bedrock-agentcore:InvokeCodeInterpreter")],
            Likelihood.easy, "use a code interpreter that runs as", attack: "T1648", close: Close.takeover(.codeInterpreter)),
        .init(
            "bedrock-003", .passRole(.to("bedrock-agentcore.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:runtime/example"),
                .made("bedrock-agentcore:CreateAgentRuntimeEndpoint", "bedrock-agentcore:runtime/example"),
                .made(
                    "bedrock-agentcore:CreateWorkloadIdentity",
                    "bedrock-agentcore:workload-identity-directory/default/workload-identity/example"),
                .made("bedrock-agentcore:InvokeAgentRuntimeCommand", "bedrock-agentcore:runtime/example"),
            ],
            Likelihood.easy, "create an agent runtime and run commands in it that run as", attack: "T1648",
            close: Close.passing("bedrock-agentcore.amazonaws.com")),
        .init(
            "bedrock-004", .takeover(.of(.agentRuntime)),
            [.target("bedrock-agentcore:InvokeAgentRuntimeCommand")],
            Likelihood.certain, "run commands in an agent runtime that runs as", attack: "T1609", close: Close.takeover(.agentRuntime)),
        .init(
            "bedrock-005", .passRole(.to("bedrock-agentcore.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("bedrock-agentcore:CreateHarness", "bedrock-agentcore:harness/example"),
                .made("bedrock-agentcore:GetHarness", "bedrock-agentcore:harness/example"),
                .made("bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:runtime/example"),
                .made("bedrock-agentcore:CreateAgentRuntimeEndpoint", "bedrock-agentcore:runtime/example"),
                .made("bedrock-agentcore:GetAgentRuntime", "bedrock-agentcore:runtime/example"),
                .made(
                    "bedrock-agentcore:CreateWorkloadIdentity",
                    "bedrock-agentcore:workload-identity-directory/default/workload-identity/example"),
                .any("bedrock-agentcore:CreateMemory"), .any("bedrock-agentcore:GetMemory"),
                .made("bedrock-agentcore:InvokeAgentRuntimeCommand", "bedrock-agentcore:runtime/example"),
            ],
            Likelihood.easy, "create an agent harness and run commands in it that run as", attack: "T1648",
            close: Close.passing("bedrock-agentcore.amazonaws.com")),
        .init(
            "bedrock-006", .passRole(.to("bedrock-agentcore.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("bedrock-agentcore:CreateBrowser", "bedrock-agentcore:browser-custom/example"),
                .made("bedrock-agentcore:StartBrowserSession", "bedrock-agentcore:browser-custom/example"),
                .made("bedrock-agentcore:ConnectBrowserAutomationStream", "bedrock-agentcore:browser-custom/example"),
            ],
            Likelihood.easy, "create and drive a browser that runs as", attack: "T1648",
            close: Close.passing("bedrock-agentcore.amazonaws.com")),
        .init(
            "bedrock-007", .takeover(.of(.browser)),
            [.target("bedrock-agentcore:StartBrowserSession"), .target("bedrock-agentcore:ConnectBrowserAutomationStream")],
            Likelihood.easy, "drive a browser that runs as", attack: "T1648", close: Close.takeover(.browser)),
        .init(
            "bedrock-harness", .takeover(.of(.harness)),
            [.target("bedrock-agentcore:InvokeAgentRuntimeCommand")],
            Likelihood.certain, "run commands in an agent harness that runs as", attack: "T1609", close: Close.takeover(.harness)),
        .init(
            "emrserverless-001", .passRole(.to("emr-serverless.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("emr-serverless:CreateApplication", "emr-serverless:/applications/example"),
                .made("emr-serverless:StartJobRun", "emr-serverless:/applications/example"),
            ],
            Likelihood.easy, "create an application and start a job that runs as", attack: "T1648",
            close: Close.passing("emr-serverless.amazonaws.com")),
        .init(
            "emrserverless-job", .passRole(.to("emr-serverless.amazonaws.com")),
            [.target("iam:PassRole"), .existing("emr-serverless:StartJobRun", .emrApplication)],
            Likelihood.easy, "start a job that runs as", attack: "T1648", from: .aws, close: Close.passing("emr-serverless.amazonaws.com")),
        .init(
            "kinesisanalytics-001", .passRole(.to("kinesisanalytics.amazonaws.com")),
            [
                .target("iam:PassRole"), .made("kinesisanalytics:CreateApplication", "kinesisanalytics:application/example"),
                .made("kinesisanalytics:StartApplication", "kinesisanalytics:application/example"),
            ],
            Likelihood.easy, "create and start a stream application that runs as", attack: "T1648",
            close: Close.passing("kinesisanalytics.amazonaws.com")),
        .init(
            "kinesisanalytics-update", .takeover(.of(.streamApplication)),
            [.target("kinesisanalytics:UpdateApplication")],
            Likelihood.easy, "replace the code of a stream application that runs as", attack: "T1525", from: .aws,
            close: Close.takeover(.streamApplication)),
        .init(
            "mwaa-001", .passRole(.to("airflow-env.amazonaws.com", passedTo: ["airflow.amazonaws.com", "airflow-env.amazonaws.com"])),
            [.target("iam:PassRole"), .made("airflow:CreateEnvironment", "airflow:environment/example")],
            Likelihood.easy, "create an Airflow environment that runs as", attack: "T1648", close: Close.passing("airflow.amazonaws.com")),
        .init(
            "mwaa-002", .takeover(.of(.airflowEnvironment)),
            [.target("airflow:UpdateEnvironment")],
            Likelihood.easy, "give its own code to an Airflow environment that runs as", attack: "T1525",
            close: Close.takeover(.airflowEnvironment)),
        .init(
            "mwaa-dag", .takeover(.of(.airflowEnvironment)),
            [.attribute("s3:PutObject", "code")],
            Likelihood.certain, "put a workflow into the bucket of an Airflow environment that runs as", attack: "T1195.002",
            from: .hackTricks, close: Close.code),
        .init(
            "omics-001", .passRole(.to("omics.amazonaws.com")),
            [.target("iam:PassRole"), .any("omics:CreateWorkflow"), .any("omics:StartRun")],
            Likelihood.easy, "create and run a workflow that runs as", attack: "T1648", close: Close.passing("omics.amazonaws.com")),
        .init(
            "braket-001", .passRole(.to("braket.amazonaws.com")),
            [.target("iam:PassRole"), .any("braket:CreateJob")],
            Likelihood.easy, "create a hybrid job that runs as", attack: "T1648", close: Close.passing("braket.amazonaws.com")),
    ]
}
