package template

import "strings"

const (
	typeFunction = "AWS::Serverless::Function"
	typeAPI      = "AWS::Serverless::HttpApi"
	typeQueue    = "AWS::SQS::Queue"
	typeTable    = "AWS::DynamoDB::Table"
	typeBucket   = "AWS::S3::Bucket"

	// implicitAPI is the API that SAM makes for HttpApi events without an ApiId.
	implicitAPI = "ServerlessHttpApi"

	noteMail = "the runner's own mail server puts on the mail queue what SNS would"
)

// attributes lists what may be asked of a resource that the runner makes ("" is !Ref).
func attributes(kind string) (known []string, made bool) {
	switch kind {
	case typeFunction:
		return []string{"", "Arn"}, true
	case typeAPI:
		return []string{"", "ApiEndpoint"}, true
	case typeQueue:
		return []string{"", "Arn", "QueueName", "QueueUrl"}, true
	case typeTable:
		return []string{"", "Arn", "StreamArn"}, true
	case typeBucket:
		return []string{"", "Arn", "DomainName", "RegionalDomainName"}, true
	}
	return nil, false
}

// ignoredTypes are resources that change nothing of what a person sees locally.
func ignoredTypes(kind string) (note string, ok bool) {
	switch kind {
	case "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::Lambda::Permission":
		return "no permissions locally", true
	case "AWS::Logs::LogGroup", "AWS::Logs::MetricFilter":
		return "logs go to the terminal", true
	case "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::Dashboard":
		return "nobody is on call", true
	case "AWS::SNS::Topic", "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy":
		return noteMail, true
	}
	for prefix, note := range map[string]string{"AWS::SES::": noteMail, "AWS::IAM::": "no permissions locally", "AWS::Cognito::": "no sign-in service locally"} {
		if strings.HasPrefix(kind, prefix) {
			return note, true
		}
	}
	return "", false
}

// ignoredProperties are knowingly left out, by resource type or the place inside of one.
func ignoredProperties(where string) []string {
	switch where {
	case typeFunction:
		return []string{
			"Architectures", "AutoPublishAlias", "DeadLetterQueue", "DeploymentPreference", "Description", "EphemeralStorage", "EventInvokeConfig",
			"KmsKeyArn", "LoggingConfig", "PermissionsBoundary", "Policies", "PropagateTags", "ProvisionedConcurrencyConfig", "Role", "RolePath",
			"RecursiveLoop", "RuntimeManagementConfig", "Tags", "Tracing", "VpcConfig",
		}
	case typeAPI:
		return []string{"AccessLogSettings", "DefaultRouteSettings", "Description", "DisableExecuteApiEndpoint", "Domain", "FailOnWarnings", "Name", "PropagateTags", "RouteSettings", "Tags"}
	case typeQueue:
		return []string{"KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "RedriveAllowPolicy", "SqsManagedSseEnabled", "Tags"}
	case typeTable:
		return []string{
			"BillingMode", "ContributorInsightsSpecification", "DeletionProtectionEnabled", "OnDemandThroughput", "PointInTimeRecoverySpecification",
			"ProvisionedThroughput", "ResourcePolicy", "SSESpecification", "TableClass", "Tags", "WarmThroughput",
		}
	case typeTable + " GlobalSecondaryIndexes":
		return []string{"ContributorInsightsSpecification", "OnDemandThroughput", "ProvisionedThroughput", "WarmThroughput"}
	case typeTable + " StreamSpecification":
		return []string{"ResourcePolicy"}
	case typeBucket:
		return []string{
			"AbacStatus", "BucketEncryption", "CorsConfiguration", "IntelligentTieringConfigurations", "LifecycleConfiguration", "LoggingConfiguration",
			"MetricsConfigurations", "OwnershipControls", "PublicAccessBlockConfiguration", "Tags", "VersioningConfiguration",
		}
	case eventHTTP:
		return []string{"RouteSettings"}
	case eventQueue:
		return []string{"KmsKeyArn", "MetricsConfig", "Tags"}
	case eventStream:
		return []string{"KmsKeyArn", "MetricsConfig", "ParallelizationFactor", "Tags"}
	case eventSchedule:
		return []string{"DeadLetterConfig", "Description", "Name", "RetryPolicy", "RoleArn", "Target"}
	case eventScheduler:
		return []string{"DeadLetterConfig", "Description", "FlexibleTimeWindow", "GroupName", "KmsKeyArn", "Name", "OmitName", "PermissionsBoundary", "RetryPolicy", "RoleArn"}
	}
	return nil
}
