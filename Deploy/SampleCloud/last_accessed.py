"""The service last accessed details of IAM, which moto does not know: what a user or role may use by its own and its groups' policies, and
what it did use. That is known of each action that a policy names, but for what IAM does not track: passing roles, reading and writing data.
"""
import datetime
import json
import uuid

from moto.core.responses import ActionResult
from moto.iam.exceptions import NotFoundException

USED = {
    "alice.moreau": ["sts:AssumeRole"], "ben.okafor": ["lambda:UpdateFunctionCode", "lambda:ListFunctions", "s3:GetObject"],
    "ci-deployer": ["lambda:UpdateFunctionCode", "s3:PutObject"], "erin.walsh": ["ec2:DescribeInstances", "logs:FilterLogEvents"],
    "shop-web": ["s3:GetObject", "kms:Decrypt", "secretsmanager:GetSecretValue", "logs:PutLogEvents"], "order-webhook": ["sqs:SendMessage"],
    "deploy-functions": ["lambda:CreateFunction", "iam:PassRole", "cloudformation:CreateStack"],
}
# What `*` is made of here.
SERVICES = ["cloudformation", "ec2", "iam", "kms", "lambda", "logs", "rds", "s3", "secretsmanager", "sqs", "sts"]
UNTRACKED = {"iam:PassRole", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "kms:Decrypt", "sqs:SendMessage", "lambda:InvokeFunction", "logs:PutLogEvents"}
WHEN = datetime.datetime(2024, 2, 20, 9, 0, tzinfo=datetime.timezone.utc)


def listed(value):
    return value if isinstance(value, list) else [value]


def documents(backend, arn):
    """The policies of a user, of its groups, or of a role."""
    kind, name = arn.split(":", 5)[5].split("/")[0], arn.rsplit("/", 1)[1]
    found = backend.roles.values() if kind == "role" else backend.users.values()
    holder = next((one for one in found if one.name == name and one.arn == arn), None)
    if holder is None:
        raise NotFoundException(f"ARN {arn} not found.")
    holders = [holder] + ([group for group in backend.groups.values() if holder in group.users] if kind == "user" else [])
    for one in holders:
        yield from one.policies.values()
        yield from (version.document for policy in one.managed_policies.values() for version in policy.versions if version.is_default)


def report(backend, arn):
    actions = set()
    for text in documents(backend, arn):
        for statement in listed((json.loads(text) if isinstance(text, str) else text)["Statement"]):
            if statement["Effect"] == "Allow":
                actions.update(listed(statement.get("Action", "*")))
    services = {action.split(":")[0] for action in actions if action != "*"} | (set(SERVICES) if "*" in actions else set())
    used = USED.get(arn.rsplit("/", 1)[1], [])
    answer = []
    for service in sorted(services):
        entry = {"ServiceName": service, "ServiceNamespace": service, "TotalAuthenticatedEntities": 0}
        of_service = [action for action in used if action.startswith(service + ":")]
        if of_service:
            entry.update(LastAuthenticated=WHEN, LastAuthenticatedEntity=arn, TotalAuthenticatedEntities=1)
        named = {action for action in actions if action.startswith(service + ":") and "*" not in action}
        tracked = sorted((named | set(of_service)) - UNTRACKED)
        if tracked:
            entry["TrackedActionsLastAccessed"] = [
                {"ActionName": action.split(":")[1], **({"LastAccessedTime": WHEN} if action in used else {})} for action in tracked]
        answer.append(entry)
    return answer


def teach(responses):
    """Lets moto's IAM answer the two calls; a job is done when it is asked for."""
    jobs = {}

    def generate_service_last_accessed_details(self):
        arn = self._get_param("Arn")
        answer = report(self.backend, arn)
        job = str(uuid.uuid5(uuid.NAMESPACE_URL, arn))
        jobs[job] = answer
        return ActionResult({"JobId": job})

    def get_service_last_accessed_details(self):
        answer = jobs.get(self._get_param("JobId"))
        if answer is None:
            raise NotFoundException("Job not found.")
        return ActionResult({
            "JobStatus": "COMPLETED", "JobType": "ACTION_LEVEL", "JobCreationDate": WHEN, "JobCompletionDate": WHEN,
            "ServicesLastAccessed": answer, "IsTruncated": False})

    responses.generate_service_last_accessed_details = generate_service_last_accessed_details
    responses.get_service_last_accessed_details = get_service_last_accessed_details
