// The AWS SDK for Go: does what sdk_test.py asks for on standard input and prints what came of it.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/mwaaserverless"
	"github.com/aws/aws-sdk-go-v2/service/mwaaserverless/document"
	"github.com/aws/aws-sdk-go-v2/service/mwaaserverless/types"
	"github.com/aws/smithy-go"
)

var background = context.Background()

func client(secret string, attempts int) *mwaaserverless.Client {
	return mwaaserverless.New(mwaaserverless.Options{
		BaseEndpoint:     aws.String(os.Getenv("AWS_ENDPOINT_URL_MWAA_SERVERLESS")),
		Region:           os.Getenv("AWS_REGION"),
		RetryMaxAttempts: attempts,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: secret}, nil
		}),
	})
}

func text(value *string) string { return aws.ToString(value) }

func number(value *int32) string {
	if value == nil {
		return ""
	}
	return strconv.Itoa(int(*value))
}

func flag(value *bool) string {
	if value == nil {
		return ""
	}
	return strconv.FormatBool(*value)
}

func size(word string) *int32 {
	n, _ := strconv.Atoi(word)
	return aws.Int32(int32(n))
}

func say(fields ...string) { fmt.Println(strings.Join(fields, "\t")) }

func count(items int) { say("page", strconv.Itoa(items)) }

func definition(key string) *types.DefinitionS3Location {
	return &types.DefinitionS3Location{Bucket: aws.String("bucket"), ObjectKey: &key}
}

func role(name string) *string { return aws.String("arn:aws:iam::123456789012:role/" + name) }

// Each does its operation for the words after OPERATION SECRET ATTEMPTS.
var operations = map[string]func(c *mwaaserverless.Client, word []string) error{
	"create": func(c *mwaaserverless.Client, word []string) error {
		in := &mwaaserverless.CreateWorkflowInput{Name: &word[0], DefinitionS3Location: definition("first.yaml"),
			RoleArn: role("r"), Description: aws.String("Größe \"A\""), Tags: map[string]string{"team": "a"}}
		if word[1] != "-" {
			in.ClientToken = &word[1]
		}
		out, err := c.CreateWorkflow(background, in)
		if err != nil {
			return err
		}
		say("member", "WorkflowArn", text(out.WorkflowArn))
		say("member", "WorkflowVersion", text(out.WorkflowVersion))
		say("member", "WorkflowStatus", string(out.WorkflowStatus))
		say("member", "IsLatestVersion", flag(out.IsLatestVersion))
		say("member", "CreatedAt", strconv.FormatInt(aws.ToTime(out.CreatedAt).Unix(), 10))
		return nil
	},
	"update": func(c *mwaaserverless.Client, word []string) error {
		out, err := c.UpdateWorkflow(background, &mwaaserverless.UpdateWorkflowInput{
			WorkflowArn: &word[0], DefinitionS3Location: definition("second.yaml"), RoleArn: role("s")})
		if err == nil {
			say("member", "WorkflowVersion", text(out.WorkflowVersion))
		}
		return err
	},
	"get-workflow": func(c *mwaaserverless.Client, word []string) error {
		out, err := c.GetWorkflow(background,
			&mwaaserverless.GetWorkflowInput{WorkflowArn: &word[0], WorkflowVersion: &word[1]})
		if err != nil {
			return err
		}
		say("member", "Name", text(out.Name))
		say("member", "Description", text(out.Description))
		say("member", "WorkflowStatus", string(out.WorkflowStatus))
		say("member", "ObjectKey", text(out.DefinitionS3Location.ObjectKey))
		say("member", "RoleArn", text(out.RoleArn))
		return nil
	},
	"delete": func(c *mwaaserverless.Client, word []string) error {
		out, err := c.DeleteWorkflow(background, &mwaaserverless.DeleteWorkflowInput{WorkflowArn: &word[0]})
		if err == nil {
			say("member", "WorkflowArn", text(out.WorkflowArn))
		}
		return err
	},
	"workflows": func(c *mwaaserverless.Client, word []string) error {
		pages := mwaaserverless.NewListWorkflowsPaginator(c, &mwaaserverless.ListWorkflowsInput{MaxResults: size(word[0])})
		for pages.HasMorePages() {
			page, err := pages.NextPage(background)
			if err != nil {
				return err
			}
			count(len(page.Workflows))
			for _, each := range page.Workflows {
				say("item", text(each.Name), string(each.WorkflowStatus))
			}
		}
		return nil
	},
	"versions": func(c *mwaaserverless.Client, word []string) error {
		pages := mwaaserverless.NewListWorkflowVersionsPaginator(c,
			&mwaaserverless.ListWorkflowVersionsInput{WorkflowArn: &word[0], MaxResults: size(word[1])})
		for pages.HasMorePages() {
			page, err := pages.NextPage(background)
			if err != nil {
				return err
			}
			count(len(page.WorkflowVersions))
			for _, each := range page.WorkflowVersions {
				say("item", text(each.WorkflowVersion), flag(each.IsLatestVersion))
			}
		}
		return nil
	},
	"tag": func(c *mwaaserverless.Client, word []string) error {
		_, err := c.TagResource(background,
			&mwaaserverless.TagResourceInput{ResourceArn: &word[0], Tags: map[string]string{word[1]: word[2]}})
		return err
	},
	"untag": func(c *mwaaserverless.Client, word []string) error {
		_, err := c.UntagResource(background,
			&mwaaserverless.UntagResourceInput{ResourceArn: &word[0], TagKeys: []string{word[1]}})
		return err
	},
	"tags": func(c *mwaaserverless.Client, word []string) error {
		out, err := c.ListTagsForResource(background, &mwaaserverless.ListTagsForResourceInput{ResourceArn: &word[0]})
		if err != nil {
			return err
		}
		for key, value := range out.Tags {
			say("item", key, value)
		}
		return nil
	},
	"start": func(c *mwaaserverless.Client, word []string) error {
		out, err := c.StartWorkflowRun(background, &mwaaserverless.StartWorkflowRunInput{
			WorkflowArn: &word[0], OverrideParameters: map[string]document.Interface{
				"day": document.NewLazyDocument([]any{1, map[string]any{"x": nil}})}})
		if err == nil {
			say("member", "RunId", text(out.RunId))
			say("member", "Status", string(out.Status))
		}
		return err
	},
	"stop": func(c *mwaaserverless.Client, word []string) error {
		out, err := c.StopWorkflowRun(background,
			&mwaaserverless.StopWorkflowRunInput{WorkflowArn: &word[0], RunId: &word[1]})
		if err == nil {
			say("member", "Status", string(out.Status))
		}
		return err
	},
	"get-run": func(c *mwaaserverless.Client, word []string) error {
		out, err := c.GetWorkflowRun(background,
			&mwaaserverless.GetWorkflowRunInput{WorkflowArn: &word[0], RunId: &word[1]})
		if err != nil {
			return err
		}
		say("member", "RunState", string(out.RunDetail.RunState))
		say("member", "TaskInstances", strings.Join(out.RunDetail.TaskInstances, ","))
		if parameter, ok := out.OverrideParameters["day"]; ok {
			shown, err := parameter.MarshalSmithyDocument()
			if err != nil {
				return err
			}
			say("member", "day", string(shown))
		}
		return nil
	},
	"runs": func(c *mwaaserverless.Client, word []string) error {
		pages := mwaaserverless.NewListWorkflowRunsPaginator(c,
			&mwaaserverless.ListWorkflowRunsInput{WorkflowArn: &word[0], MaxResults: size(word[1])})
		for pages.HasMorePages() {
			page, err := pages.NextPage(background)
			if err != nil {
				return err
			}
			count(len(page.WorkflowRuns))
			for _, each := range page.WorkflowRuns {
				say("item", text(each.RunId), string(each.RunDetailSummary.Status))
			}
		}
		return nil
	},
	"get-task": func(c *mwaaserverless.Client, word []string) error {
		out, err := c.GetTaskInstance(background,
			&mwaaserverless.GetTaskInstanceInput{WorkflowArn: &word[0], RunId: &word[1], TaskInstanceId: &word[2]})
		if err != nil {
			return err
		}
		say("member", "Status", string(out.Status))
		say("member", "DurationInSeconds", number(out.DurationInSeconds))
		return nil
	},
	"list": func(c *mwaaserverless.Client, word []string) error {
		pages := mwaaserverless.NewListTaskInstancesPaginator(c, &mwaaserverless.ListTaskInstancesInput{
			WorkflowArn: &word[0], RunId: &word[1], MaxResults: size(word[2])})
		for pages.HasMorePages() {
			page, err := pages.NextPage(background)
			if err != nil {
				return err
			}
			count(len(page.TaskInstances))
			for _, task := range page.TaskInstances {
				say("item", text(task.TaskInstanceId), string(task.Status), text(task.OperatorName),
					number(task.DurationInSeconds), text(task.WorkflowVersion), text(task.RunId), text(task.WorkflowArn))
			}
		}
		return nil
	},
}

func tell(err error) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		say("failed", strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	status, id := "", ""
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		status, id = strconv.Itoa(response.HTTPStatusCode()), response.ServiceRequestID()
	}
	say("error", api.ErrorCode(), status, id)
	var throttled *types.ThrottlingException
	var invalid *types.ValidationException
	var missing *types.ResourceNotFoundException
	var conflict *types.ConflictException
	switch {
	case errors.As(err, &throttled):
		say("member", "RetryAfterSeconds", number(throttled.RetryAfterSeconds))
		say("member", "ServiceCode", text(throttled.ServiceCode))
		say("member", "QuotaCode", text(throttled.QuotaCode))
	case errors.As(err, &invalid):
		say("member", "Reason", string(invalid.Reason))
		for _, field := range invalid.FieldList {
			say("member", "Field", text(field.Name))
		}
	case errors.As(err, &missing):
		say("member", "ResourceId", text(missing.ResourceId))
		say("member", "ResourceType", text(missing.ResourceType))
	case errors.As(err, &conflict):
		say("member", "ResourceId", text(conflict.ResourceId))
		say("member", "ResourceType", text(conflict.ResourceType))
	}
}

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		word := strings.Fields(lines.Text()) // OPERATION SECRET ATTEMPTS ARGUMENT...
		attempts, _ := strconv.Atoi(word[2])
		if err := operations[word[0]](client(word[1], attempts), word[3:]); err != nil {
			tell(err)
		}
		say("done")
	}
}
