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
	"github.com/aws/aws-sdk-go-v2/service/mwaaserverless/types"
	"github.com/aws/smithy-go"
)

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

func say(fields ...string) { fmt.Println(strings.Join(fields, "\t")) }

func list(c *mwaaserverless.Client, run string, size int) error {
	pages := mwaaserverless.NewListTaskInstancesPaginator(c, &mwaaserverless.ListTaskInstancesInput{
		WorkflowArn: aws.String(os.Getenv("WORKFLOW_ARN")), RunId: &run, MaxResults: aws.Int32(int32(size))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			return err
		}
		say("page", strconv.Itoa(len(page.TaskInstances)))
		for _, task := range page.TaskInstances {
			say("task", text(task.TaskInstanceId), string(task.Status), text(task.OperatorName),
				number(task.DurationInSeconds), text(task.WorkflowVersion), text(task.RunId), text(task.WorkflowArn))
		}
	}
	return nil
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
	}
}

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		word := strings.Fields(lines.Text()) // OPERATION SECRET ATTEMPTS RUN PAGE_SIZE
		attempts, _ := strconv.Atoi(word[2])
		size, _ := strconv.Atoi(word[4])
		c := client(word[1], attempts)
		var err error
		if word[0] == "list" {
			err = list(c, word[3], size)
		} else {
			_, err = c.GetWorkflowRun(context.Background(), &mwaaserverless.GetWorkflowRunInput{
				WorkflowArn: aws.String(os.Getenv("WORKFLOW_ARN")), RunId: &word[3]})
		}
		if err != nil {
			tell(err)
		}
		say("done")
	}
}
