"""What has to be done once for a stack and CloudFormation can't do: making the master key, and lending credentials.

  stack.py master-key STACK     creates the parameter that holds the master key, unless it is there
  stack.py run STACK command…   runs a command with the stack's names and the caller's AWS credentials in its environment
"""

import base64
import os
import secrets
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def outputs(session, stack):
    """The stack's parameters and outputs by name; empty when there is no such stack yet."""
    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as e:
        if "does not exist" in str(e):
            return {}
        raise
    values = {p["ParameterKey"]: p["ParameterValue"] for p in found.get("Parameters", [])}
    values.update({o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])})
    return values


def master_key(session, stack):
    """Creates the parameter; one that is there is never replaced, since stored secrets could not be opened any more."""
    name = outputs(session, stack).get("MasterKeyParameter", "/loket/master-key")
    value = "1:" + base64.b64encode(secrets.token_bytes(32)).decode()
    ssm = session.client("ssm")
    try:
        ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=False,
                          Description="Loket's master key. Losing it loses every stored credential.")
        print(f"created the master key {name}")
    except ssm.exceptions.ParameterAlreadyExists:
        print(f"the master key {name} is there")


def run(session, stack, command):
    """Replaces this process by the command."""
    values = outputs(session, stack)
    if not values:
        sys.exit(f"There is no stack {stack} in {session.region_name}. Deploy it first: make deploy")
    keys = session.get_credentials().get_frozen_credentials()
    env = dict(os.environ, AWS_REGION=session.region_name, AWS_ACCESS_KEY_ID=keys.access_key,
               AWS_SECRET_ACCESS_KEY=keys.secret_key, AWS_SESSION_TOKEN=keys.token or "",
               TABLE=values["TableName"], BUCKET=values["BucketName"],
               MASTER_KEY_PARAMETER=values.get("MasterKeyParameter", ""), MAIL_DOMAIN=values.get("MailDomain", ""),
               PUBLIC_URL=values.get("PublicUrl") or values["ApiUrl"])
    os.execvpe(command[0], command, env)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    session = boto3.Session()
    if session.region_name is None or session.get_credentials() is None:
        sys.exit("No AWS region or credentials. Set them up with `aws configure`, or export AWS_REGION, "
                 "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    try:
        if sys.argv[1] == "master-key":
            master_key(session, sys.argv[2])
        elif sys.argv[1] == "run" and len(sys.argv) > 3:
            run(session, sys.argv[2], sys.argv[3:])
        else:
            sys.exit(__doc__)
    except (BotoCoreError, ClientError) as e:
        sys.exit(f"AWS refused: {e}")


main()
